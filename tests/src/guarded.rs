//! Programs that can not outlive the test that started them.

use std::{process::ExitStatus, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/env/guarded.sh");
/// What a shell adds to the number of the signal that ended a program.
const SIGNAL_BASE: i32 = 128;

/// A signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// As Ctrl-C.
    Interrupt,
    /// A polite request to end.
    Terminate,
    /// The end, at once.
    Kill,
}

impl Signal {
    fn number(self) -> i32 {
        match self {
            Self::Interrupt => 2,
            Self::Terminate => 15,
            Self::Kill => 9,
        }
    }
}

/// A running program. It is killed when this is dropped, and when this process ends, however it ends.
#[derive(Debug)]
pub struct Guarded {
    /// The program's own process id.
    pub pid: u32,
    /// The shell around it.
    shell: Child,
    /// When this closes, the program is killed. Held beside the shell, which would close it as soon as it is waited for.
    _guard: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Guarded {
    /// Starts a program. `prepare` may set its environment, working folder and stderr.
    pub async fn start(program: &str, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(SCRIPT);
        command.arg(program).args(arguments).kill_on_drop(true);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        prepare(&mut command);
        let mut shell = command.spawn().unwrap();
        let mut output = BufReader::new(shell.stdout.take().unwrap());
        let guard = shell.stdin.take().unwrap();
        let mut pid = String::new();
        output.read_line(&mut pid).await.unwrap();
        Self { pid: pid.trim().parse().unwrap(), shell, _guard: guard, output }
    }

    /// The next line that it prints; `None` when it has ended.
    pub async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).await.unwrap();
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Everything that it still prints, until it ends.
    pub async fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).await.unwrap();
        rest
    }

    /// Sends it a signal.
    pub async fn signal(&self, signal: Signal) {
        let sent = Command::new("kill").arg(format!("-{}", signal.number())).arg(self.pid.to_string()).status().await;
        assert!(sent.unwrap().success(), "process {} is not there any more", self.pid);
    }

    /// Kills it, as a crash would, and waits until it is gone.
    pub async fn kill(mut self) {
        self.signal(Signal::Kill).await;
        let status = self.shell.wait().await.unwrap();
        assert_eq!(status.code(), Some(SIGNAL_BASE + Signal::Kill.number()), "it ended before it was killed");
    }

    /// Waits until it ends by itself; its exit code.
    ///
    /// # Panics
    /// When it does not end within `patience`, or was ended by a signal.
    pub async fn ended(&mut self, patience: Duration) -> i32 {
        let status: ExitStatus = tokio::time::timeout(patience, self.shell.wait())
            .await
            .unwrap_or_else(|_| panic!("process {} did not end within {patience:?}", self.pid))
            .unwrap();
        status.code().expect("the shell exits with a code")
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.shell.try_wait().unwrap().is_some()
    }
}
