//! Completions and manual pages, made of the commands themselves.

use std::path::Path;

use clap::Command;
use clap::builder::Resettable;
use clap_complete::Shell;
use clap_mangen::Man;
use nianbao::error::Error;

/// Behind the help of the program.
pub(crate) const EXAMPLES: &str = "Examples:
  nianbao build ~/reports --out ~/dataset       read a folder, publish a dataset
  nianbao inspect report.html                   what is read from one file
  nianbao inspect report.html --html page.html  the same, marked in its text
  nianbao build --only counties --years 2020    make some rows again
  nianbao schema counties                       what the columns mean
  nianbao cite ~/dataset 06723acdf4f9b0a8/12    the words behind one number
  nianbao diff ~/dataset/builds/OLD ~/dataset   what changed, and why
  nianbao explain ~/dataset --place 340828 --year 2019 --metric staff
                                                what a cell rests on

Exit status: 0 done; 1 failed, the current dataset is as it was; 2 usage or
configuration; 3 built but not made current (too many rejects, books that do
not balance); 130 interrupted.";

/// What completes the commands and their flags in a shell.
pub(crate) fn completions(program: &Command, shell: Shell) -> String {
    // What the program starts for itself is nothing that people type.
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let mut shown = Command::new("nianbao").version(env!("CARGO_PKG_VERSION")).subcommands(commands);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown, "nianbao", &mut script);
    String::from_utf8(script).unwrap_or_default()
}

/// The manual page of the program, or of one of its commands.
///
/// # Errors
/// When there is no such command.
pub(crate) fn manual(program: &mut Command, command: Option<&str>) -> Result<String, Error> {
    program.build();
    let shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    let commands = || program.get_subcommands().filter(shown);
    let own = |name: &str| {
        commands().find(|command| command.get_name() == name).cloned().ok_or_else(|| {
            let names: Vec<&str> = commands().map(Command::get_name).collect();
            Error::Usage(format!("there is no command {name}; there are {}", names.join(", ")))
        })
    };
    let page = command.map_or_else(|| Ok(program.clone()), own)?.after_help(Resettable::Reset);
    let mut roff = Vec::new();
    let rendered = Man::new(page).render(&mut roff);
    rendered.map_err(|source| Error::io("write", Path::new("the manual page"), source))?;
    let mut roff = String::from_utf8(roff).unwrap_or_default();
    if command.is_none() {
        // As it is printed: roff would fill the lines.
        let (_, lines) = EXAMPLES.split_once('\n').unwrap_or_default();
        let lines = lines.replace('\\', "\\e").replace('-', "\\-");
        roff.push_str(&format!(".SH EXAMPLES\n.nf\n{lines}\n.fi\n"));
    }
    Ok(roff)
}
