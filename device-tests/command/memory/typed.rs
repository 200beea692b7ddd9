//! What a person types without echo: the words of a mnemonic, the positions of a PIN, and a passphrase.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use super::{
    super::{fixture::Folder, run::OTHER_WORDS},
    PASSPHRASE, except,
    held::{Held, Watched, is_writing, require_no_file},
    of_words,
    search::Secret,
};
#[cfg(feature = "cloud")]
use super::{TOKEN, ValidatorClient};

/// As long as a PIN can be, so that it is told from other digits.
const PIN: &str = "918273645546372819";

/// Somebody at a terminal of their own (util-linux's `script`).
struct Person {
    stdin: ChildStdin,
    seen: Receiver<String>,
    /// All that was on the screen.
    screen: String,
    /// How much of it was read.
    read: usize,
}

/// The command with these arguments, on a terminal of its own, with its answer and its process id in
/// these files.
fn script(stockade: &Command, answer: &str, pid: &str) -> Command {
    let arguments: Vec<_> = stockade.get_args().map(|a| a.to_str().unwrap()).collect();
    let program = env!("CARGO_BIN_EXE_stockade");
    let line = format!("echo $$ > {pid}; exec {program} {} > {answer}", arguments.join(" "));
    let mut script = Command::new("script");
    for (name, value) in stockade.get_envs() {
        value.map(|value| script.env(name, value));
    }
    script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    script
}

impl Person {
    fn at(running: &mut Child) -> Self {
        let (sender, seen) = channel();
        let mut screen = running.stdout.take().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut buffer) {
                let _ = sender.send(String::from_utf8_lossy(&buffer[..length]).into_owned());
            }
        });
        let stdin = running.stdin.take().unwrap();
        Self { stdin, seen, screen: String::new(), read: 0 }
    }

    /// The first of these prompts that is on the screen and was not there before.
    fn sees(&mut self, prompts: &[&str]) -> Option<usize> {
        if let Ok(more) = self.seen.recv_timeout(Duration::from_millis(20)) {
            self.screen += &more;
        }
        let new = &self.screen[self.read..];
        let found =
            prompts.iter().enumerate().filter_map(|(i, prompt)| Some((new.find(prompt)?, i)));
        let (at, which) = found.min()?;
        self.read += at + prompts[which].len();
        Some(which)
    }

    fn types(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }
}

/// Runs a command line at a terminal, with a wallet that has just been plugged in: words, PIN and
/// passphrase are typed whenever they are asked for. Gives what the command held, and what was typed besides
/// the words.
fn run(folder: &Folder, line: &str) -> Option<(Held, Vec<Secret>)> {
    let (wallet, matrix) = Watched::guarded_trezor(PIN);
    let (answer_at, pid) = (folder.at("answer"), folder.at("pid"));
    assert!(Command::new("mkfifo").arg(&answer_at).status().unwrap().success());
    // Open in both directions it waits for nobody; and filled, the command waits with its answer.
    let mut answers = OpenOptions::new().read(true).write(true).open(&answer_at).unwrap();
    answers.write_all(&[b' '; 64 * 1024]).unwrap();
    let mut running = script(&wallet.readable(line), &answer_at, &pid).spawn().expect("util-linux");
    let mut person = Person::at(&mut running);
    let mut typed = vec![("passphrase".to_owned(), PASSPHRASE.into())];
    let (begun, mut process) = (Instant::now(), None);
    let at_its_end = loop {
        let which = person.sees(&[
            "PIN positions: ",
            "passphrase (empty for none): ",
            "Mnemonic (not shown): ",
            "(yes or no): ",
            "leave it empty for no name): ",
        ]);
        if process.is_none() {
            process = fs::read_to_string(&pid).ok().and_then(|pid| pid.trim().parse().ok());
            process.into_iter().for_each(|process| wallet.watch().of(process));
        }
        match which {
            Some(0) => {
                let positions = matrix.places(PIN).expect("it shows the matrix");
                person.types(&positions);
                typed.push(("PIN positions".to_owned(), positions.into_bytes()));
            }
            Some(1) => person.types(PASSPHRASE),
            Some(2) => person.types(OTHER_WORDS),
            Some(3) => person.types("yes"),
            Some(_) => person.types("teku-1"),
            None => {}
        }
        match process.map(is_writing) {
            Some(Ok(false)) | None => {}
            Some(writes) => break writes.is_ok(),
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{line}: {}", person.screen);
    };
    if at_its_end {
        wallet.watch().look("the end");
    }
    // It ends when somebody reads its answer.
    let mut buffer = vec![0; 64 * 1024];
    answers.read_exact(&mut buffer).unwrap();
    let code = running.wait().unwrap().code();
    let length = answers.read(&mut buffer).unwrap();
    let answer = String::from_utf8_lossy(&buffer[..length]);
    person.screen.extend(person.seen.iter());
    assert_eq!(code, Some(0), "{line}: {answer} {}", person.screen);
    fs::remove_file(answer_at).unwrap();
    fs::remove_file(pid).unwrap();
    assert_eq!(typed.len(), 2, "{line}: the PIN was not asked for");
    Some((Held::of(line, &wallet.watch(), &answer, &person.screen)?, typed))
}

#[test]
fn what_is_typed_leaves_nothing() {
    let folder = Folder::new();
    let a = folder.at("a");
    let create = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --scheme slip11-v1 --copy {a} \
         --withdrawal-address 0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
    );
    let Some((created, typed)) = run(&folder, &create) else { return };
    let secrets = [of_words(OTHER_WORDS), typed].concat();
    created.require_none(&secrets);
    created.require_none_at("Stockade origin v1", &secrets);
    // What the words give is used later.
    created.require_none_at("", &except(&secrets, &["seed"]));

    #[cfg(feature = "cloud")]
    let client = ValidatorClient::new();
    let (restored, delivered) = (folder.at("restored"), cfg!(feature = "cloud"));
    let off = if delivered { " --off teku-1" } else { "" };
    for line in [
        format!("backup drill {a}"),
        format!("exit create --seal --copy {a} --index 0 --validator-index 7"),
        #[cfg(feature = "cloud")]
        format!(
            "deliver keymanager {a} --url {} --token-file {} --not-running --never-attested",
            client.url,
            folder.file("token", TOKEN),
        ),
        format!("backup restore {a} --to {restored} --layout plain --never-attested{off}"),
    ] {
        let Some((held, typed)) = run(&folder, &line) else { return };
        held.require_none(&[secrets.clone(), typed.clone()].concat());
        // What was typed is not needed once the wallet has it.
        held.require_none_at("", &typed);
    }
    require_no_file(&folder, &secrets);
}
