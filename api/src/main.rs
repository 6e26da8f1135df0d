//! `plantgraph`: the command line.

use std::{process::ExitCode, time::Duration};

use api::{
    cli::Cli,
    error::{Error, chain},
};
use clap::Parser;
use model::Code;

/// What has not ended by then belongs to a library; everything of ours has been waited for.
const RUNTIME_SHUTDOWN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(source) => return fail(&Error::System { doing: "start the runtime".to_owned(), source }),
    };
    let ended = runtime.block_on(cli.run());
    runtime.shutdown_timeout(RUNTIME_SHUTDOWN);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Says what failed and what to do.
fn fail(error: &Error) -> ExitCode {
    let code = error.code();
    eprintln!("error: {}: {}", code.as_str(), chain(error));
    // The page of an internal failure speaks to callers of the service.
    let page = if code == Code::Internal { "" } else { code.page() };
    if let Some((_, advice)) = page.split_once("## What to do") {
        eprintln!("\nWhat to do:\n{}", advice.trim());
    }
    ExitCode::from(error.exit_code())
}
