//! Writes a plant file about what was found. What is not sure is a comment; the rest is valid as it stands.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
};

use opcua::types::{EUInformation, Variant};

use super::{
    BrowseRequest,
    find::FoundLine,
    names::{Namespaces, code, comment, quoted, ucum},
    tree::{Holds, Tree},
};
use crate::plant_file::{Identity, SecretSource, Security, StateKind};
use workflow::ingest::CounterRole;

/// Writing to a text does not fail.
macro_rules! put {
    ($text:expr, $($what:tt)*) => {
        writeln!($text, $($what)*).expect("a String takes everything")
    };
}

/// Writes one file.
pub(super) struct Proposal<'a> {
    tree: &'a Tree,
    request: &'a BrowseRequest,
    namespaces: Namespaces,
    codes: BTreeMap<String, usize>,
    text: String,
    /// Whether any node is bound.
    bound: bool,
}

impl<'a> Proposal<'a> {
    pub(super) fn new(tree: &'a Tree, request: &'a BrowseRequest) -> Self {
        let (namespaces, codes) = (Namespaces::default(), BTreeMap::new());
        Self { tree, request, namespaces, codes, text: String::new(), bound: false }
    }

    /// The whole file.
    pub(super) fn write(mut self, lines: &[FoundLine], more: usize) -> String {
        self.head(lines, more);
        for line in lines {
            self.line(line);
        }
        if lines.is_empty() {
            self.no_line();
        }
        self.opcua();
        self.text.push_str(concat!(
            "\n# Who has which role here; see docs/guides/connect-a-plant.md. No entry, no access.\n",
            "# [[person]]\n# subject = \"account-in-your-tokens\"\n# name = \"Name\"\n# roles = [\"PLANT_MANAGER\"]\n"
        ));
        self.text
    }

    fn head(&mut self, lines: &[FoundLine], more: usize) {
        let (found, nodes) = (lines.len(), self.tree.nodes.len());
        put!(
            self.text,
            "# Proposed from what the server at {} shows. Read every line before you use it:",
            comment(&self.request.url)
        );
        put!(
            self.text,
            "# names and places of the plant are not known to the server, and a name is no proof of a meaning."
        );
        put!(self.text, "# Looked at {nodes} nodes, found {found} lines.");
        if let Some(why) = &self.tree.cut_short {
            put!(self.text, "# INCOMPLETE: {why}.");
        }
        if self.tree.hidden > 0 {
            put!(
                self.text,
                "# INCOMPLETE: the server would not show what is below {} nodes; try another user.",
                self.tree.hidden
            );
        }
        if more > 0 {
            put!(self.text, "# INCOMPLETE: {more} more lines were found and are not listed.");
        }
        self.text.push_str(concat!(
            "\n[plant]\n",
            "enterprise_code = \"ENTERPRISE\" # who owns the plant\n",
            "enterprise_name = \"Enterprise\"\n",
            "code = \"PLANT\" # never changes once it is in use\n",
            "name = \"Plant\"\n",
            "time_zone = \"Etc/UTC\" # the IANA name of the plant's zone, such as Europe/Berlin\n"
        ));
    }

    fn no_line(&mut self) {
        self.text.push_str(concat!(
            "\n# Nothing that tells a state was found: no PackML, no Machinery, no StateCurrent.\n",
            "# Bind the state by hand; see docs/guides/connect-a-plant.md.\n",
            "[[line]]\n",
            "code = \"L1\"\n",
            "name = \"Line 1\"\n",
            "area = { code = \"AREA\", name = \"Area\" }\n",
            "# [line.state]\n# kind = \"packtags\"\n# node = \"p:Plant/p:Line1/p:StateCurrent\"\n"
        ));
    }

    fn line(&mut self, line: &FoundLine) {
        let name = &self.tree.nodes[line.root].name.name;
        let code = code(name, &mut self.codes);
        put!(self.text, "\n[[line]]");
        put!(self.text, "code = {} # never changes once it is in use", quoted(&code));
        put!(self.text, "name = {}", quoted(if name.trim().is_empty() { &code } else { name }));
        put!(self.text, "area = {{ code = \"AREA\", name = \"Area\" }} # the server does not say where it stands");
        self.identification(line);
        put!(self.text, "# downtime_threshold = \"2m\"");
        self.state(line);
        self.counters(line);
        self.parameters(line);
        if let Some(order) = line.order {
            match self.path(order) {
                Ok(path) => {
                    put!(self.text, "\n[line.order]\nnode = {}", quoted(&path));
                    self.bound = true;
                }
                Err(why) => put!(self.text, "# order: {why}"),
            }
        }
        self.events(line);
        for receiver in &line.receivers {
            let path = self.path(*receiver).unwrap_or_else(|why| why);
            put!(self.text, "\n# It takes job orders (ISA-95, OPC 10031-4) at {}.", comment(&path));
        }
    }

    fn identification(&mut self, line: &FoundLine) {
        let Some(of) = line.identification else { return };
        let told = ["Manufacturer", "SerialNumber", "ProductInstanceUri"]
            .into_iter()
            .filter_map(|name| Some(format!("{name} {}", comment(&self.tree.text(of, name)?))));
        let told = told.collect::<Vec<_>>().join(", ");
        if !told.is_empty() {
            put!(self.text, "# It identifies itself: {told}");
        }
    }

    fn state(&mut self, line: &FoundLine) {
        let written = line.state.map(|(kind, index)| (kind, self.path(index)));
        match written {
            Some((kind, Ok(path))) => {
                put!(self.text, "\n[line.state]");
                put!(
                    self.text,
                    "kind = {}{}",
                    quoted(word(kind)),
                    match kind {
                        StateKind::PackMl => " # found by its type",
                        StateKind::PackTags => " # found by its name: check that its numbers are those of PackML",
                    }
                );
                put!(self.text, "node = {}", quoted(&path));
                self.bound = true;
            }
            Some((_, Err(why))) => put!(self.text, "# state: {why}"),
            None => {}
        }
        for (kind, index) in &line.other_states {
            let path = self.path(*index).unwrap_or_else(|why| why);
            put!(self.text, "# or: kind = {}, node = {}", quoted(word(*kind)), comment(&quoted(&path)));
        }
        if let Some(index) = line.item_state {
            let path = self.path(index).unwrap_or_else(|why| why);
            let (at, missing) = (comment(&path), if line.state.is_none() { ", and no state of PackML" } else { "" });
            put!(self.text, "# It has a MachineryItemState at {at}{missing}.");
            if line.state.is_none() {
                put!(
                    self.text,
                    "# That one knows no stops and faults: have the controller tell the states of PackML as an integer."
                );
            }
        }
    }

    fn counters(&mut self, line: &FoundLine) {
        let mut names = HashSet::new();
        for (index, name, role) in &line.counters {
            let facts = self.tree.facts.get(index).copied().unwrap_or_default();
            let why = match self.path(*index) {
                Err(why) => Some((String::new(), why)),
                Ok(path) if facts.holds != Holds::Integer || !facts.scalar => {
                    Some((path, "it is no single whole number".to_owned()))
                }
                Ok(path) if !names.insert(*name) => Some((path, format!("there is a counter {name} already"))),
                Ok(path) => {
                    put!(self.text, "\n[[line.counter]]");
                    put!(self.text, "name = {}", quoted(name));
                    put!(
                        self.text,
                        "role = {} # found by its name: check that it counts only those",
                        quoted(role_word(*role))
                    );
                    put!(self.text, "node = {}", quoted(&path));
                    self.bound = true;
                    None
                }
            };
            if let Some((path, why)) = why {
                put!(self.text, "# not bound as counter {name}: {} ({})", comment(&path), comment(&why));
            }
        }
    }

    fn parameters(&mut self, line: &FoundLine) {
        let mut names = HashSet::new();
        for (index, unit) in &line.parameters {
            let node = &self.tree.nodes[*index];
            let parent = node.parent.map(|parent| self.tree.nodes[parent].name.name.clone()).unwrap_or_default();
            let name = if names.contains(&node.name.name) {
                format!("{parent}.{}", node.name.name)
            } else {
                node.name.name.clone()
            };
            let unit = unit.and_then(|unit| unit_of(self.tree.values.get(&unit)?));
            let Ok(path) = self.path(*index) else { continue };
            if name.trim().is_empty() || !names.insert(name.clone()) {
                continue;
            }
            match unit {
                Some((unit, sure)) => {
                    put!(self.text, "\n[[line.parameter]]");
                    put!(self.text, "name = {}", quoted(&name));
                    put!(
                        self.text,
                        "unit = {}{}",
                        quoted(&unit),
                        if sure { "" } else { " # as the server calls it: write it in UCUM" }
                    );
                    put!(self.text, "# low = 0\n# high = 100");
                    put!(self.text, "node = {}", quoted(&path));
                    self.bound = true;
                }
                None => {
                    put!(self.text, "\n# The server does not tell the unit:");
                    put!(self.text, "# [[line.parameter]]");
                    put!(self.text, "# name = {}", comment(&quoted(&name)));
                    put!(self.text, "# unit = \"\"");
                    put!(self.text, "# node = {}", comment(&quoted(&path)));
                }
            }
        }
        if line.more_parameters > 0 {
            put!(self.text, "# {} more process values are not listed.", line.more_parameters);
        }
    }

    fn events(&mut self, line: &FoundLine) {
        let Some(notifier) = line.notifier else { return };
        let Ok(path) = self.path(notifier) else { return };
        if notifier == line.root {
            self.bound = true;
            put!(
                self.text,
                "\n# It reports events; its alarms are taken.\n[[line.alarms]]\nnotifier = {}",
                quoted(&path)
            );
        } else {
            put!(self.text, "\n# An object above it reports events; whether they are this line's, you know:");
            put!(self.text, "# [[line.alarms]]\n# notifier = {}", comment(&quoted(&path)));
        }
    }

    fn opcua(&mut self) {
        if !self.bound {
            put!(self.text, "\n# As soon as a line binds a node:");
        }
        let begin = self.text.len();
        put!(self.text, "{}[opcua]", if self.bound { "\n" } else { "" });
        put!(self.text, "code = \"OPCUA\"\nname = \"OPC UA server\"");
        put!(self.text, "url = {}", quoted(&self.request.url));
        put!(
            self.text,
            "security = {}",
            match self.request.security {
                Security::None => "\"none\" # nobody checks who speaks there; use basic256sha256 in a plant",
                Security::Basic256Sha256 => "\"basic256sha256\"",
            }
        );
        if let Some(host) = &self.request.certificate_host {
            put!(self.text, "certificate_host = {}", quoted(host));
        }
        put!(self.text, "pki = {}", quoted(&self.request.pki.to_string_lossy()));
        put!(self.text, "\n[opcua.identity]");
        self.identity();
        if !self.namespaces.all().is_empty() {
            put!(self.text, "\n[opcua.namespaces]");
            for (uri, alias) in self.namespaces.all() {
                put!(self.text, "{alias} = {}", quoted(uri));
            }
        }
        if !self.bound {
            let section: String = self.text[begin..].lines().map(|line| format!("# {line}\n")).collect();
            self.text.truncate(begin);
            self.text.push_str(&section);
        }
    }

    fn identity(&mut self) {
        match &self.request.identity {
            Identity::Anonymous => {
                put!(
                    self.text,
                    "kind = \"anonymous\" # a restart then leaves a gap: servers hand over only the subscriptions of a user"
                );
            }
            Identity::User { name, password } => {
                put!(self.text, "kind = \"user\"\nname = {}", quoted(name));
                match password {
                    SecretSource::File(path) => {
                        put!(self.text, "password = {{ file = {} }}", quoted(&path.to_string_lossy()))
                    }
                    SecretSource::Env(name) => put!(self.text, "password = {{ env = {} }}", quoted(name)),
                    SecretSource::Given(_) => put!(self.text, "password = {{ env = \"PLANTGRAPH_OPCUA_PASSWORD\" }}"),
                }
            }
            Identity::Certificate { certificate, key } => {
                put!(self.text, "kind = \"certificate\"");
                put!(self.text, "certificate = {}", quoted(&certificate.to_string_lossy()));
                put!(self.text, "key = {}", quoted(&key.to_string_lossy()));
            }
        }
    }

    fn path(&mut self, index: usize) -> Result<String, String> {
        self.namespaces.path(&self.tree.path(index))
    }
}

fn word(kind: StateKind) -> &'static str {
    match kind {
        StateKind::PackTags => "packtags",
        StateKind::PackMl => "packml",
    }
}

fn role_word(role: CounterRole) -> &'static str {
    match role {
        CounterRole::Good => "good",
        CounterRole::Scrap => "scrap",
        CounterRole::Other => "other",
    }
}

/// A unit, and whether it is one of UCUM.
fn unit_of(value: &Variant) -> Option<(String, bool)> {
    let Variant::ExtensionObject(object) = value else { return None };
    let unit = object.inner_as::<EUInformation>()?;
    if let Some(ucum) = ucum(unit.unit_id) {
        return Some((ucum.to_owned(), true));
    }
    let name = unit.display_name.text.as_ref().trim();
    (!name.is_empty()).then(|| (name.to_owned(), false))
}
