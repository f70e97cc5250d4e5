//! For the tests of an emulator's program, and of what it logs.
//!
//! Everything here panics where something is not as it must be: it belongs in tests.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::lock::lock;

/// An emulator's program, not started yet.
///
/// ```no_run
/// use emulator_kit::testing::Program;
///
/// // In a test of the package: `env!("CARGO_BIN_EXE_letters-emulator")`.
/// let program = Program::new("target/debug/letters-emulator");
/// let seeded = program.clone().start_seeded(r#"{ "letters": ["Dear reader"] }"#);
/// assert_eq!(seeded.members(), ["ca", "url"]);
///
/// // It says where a seed is wrong, and not what is there.
/// program.assert_refuses(r#"{ "letters": "s3cret" }"#, "letters must be a list", "s3cret");
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    /// The program at this path: `env!("CARGO_BIN_EXE_…")` in its package's tests.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: Vec::new(),
        }
    }

    /// Gives it one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts it and waits for its line.
    #[must_use]
    pub fn start(self) -> Running {
        let mut child = self.spawn();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("stdout can be read");
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Running { child, stdout, ready }
    }

    /// Starts it with a seed file of this text and waits for its line.
    #[must_use]
    pub fn start_seeded(self, seed: &str) -> Running {
        let file = seed_file(seed);
        self.arg("--seed").arg(file.path()).start()
    }

    /// That it refuses a seed file of this text as it must: status 2, nothing on stdout, one line on stderr, which holds
    /// `words` and not `secret`.
    pub fn assert_refuses(self, seed: &str, words: &str, secret: &str) {
        let file = seed_file(seed);
        let ended = self.arg("--seed").arg(file.path()).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{seed}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{seed}: {ended:?}");
        assert!(ended.stderr.contains(words), "{seed}: {ended:?}");
        assert!(!ended.stderr.contains(secret), "{secret} shows up: {ended:?}");
    }

    /// Runs it to its end, without a signal.
    #[must_use]
    pub fn run(self) -> Ended {
        let output = self.spawn().wait_with_output().expect("the program ends");
        let text = |bytes| String::from_utf8(bytes).expect("what it writes is UTF-8");
        Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn spawn(&self) -> Child {
        Command::new(&self.path)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_remove("RUST_LOG")
            .spawn()
            .expect("the program can be started")
    }
}

fn seed_file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), text).expect("a file can be written");
    file
}

/// A program that serves. It is killed when it is dropped.
///
/// ```no_run
/// use emulator_kit::testing::Program;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), emulator_kit::reqwest::Error> {
/// let running = Program::new("target/debug/letters-emulator").arg("--quiet").start();
/// let letters = running.http_client().get(running.text("url")).send().await?;
/// assert_eq!(letters.status(), 200);
///
/// let ended = running.end("TERM");
/// assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    ready: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// What its line said.
    #[must_use]
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The names of the line's members, sorted.
    #[must_use]
    pub fn members(&self) -> Vec<&str> {
        let mut members: Vec<_> = self
            .ready
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        members.sort_unstable();
        members
    }

    /// A member of the line that is a text.
    #[must_use]
    pub fn text(&self, member: &str) -> &str {
        let text = self.ready[member].as_str();
        text.unwrap_or_else(|| panic!("no text {member} in {}", self.ready))
    }

    /// A client that trusts the certificate in the file `ca` of the line only, and uses no proxy.
    #[must_use]
    pub fn http_client(&self) -> reqwest::Client {
        let pem = std::fs::read(self.text("ca")).expect("the certificate is there");
        let ca = reqwest::Certificate::from_pem(&pem).expect("it is a certificate");
        let builder = reqwest::Client::builder().tls_certs_only([ca]).no_proxy();
        builder.build().expect("a client with a root of its own can be built")
    }

    /// Sends it a signal (`TERM`, `INT`) and waits for its end.
    #[cfg(unix)]
    #[must_use]
    pub fn end(mut self, signal: &str) -> Ended {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(kill.is_ok_and(|status| status.success()), "SIG{signal} is sent");
        let status = self.child.wait().expect("the program ends");
        let mut ended = Ended {
            code: status.code(),
            ..Ended::default()
        };
        self.stdout
            .read_to_string(&mut ended.stdout)
            .expect("stdout can be read");
        let stderr = self.child.stderr.as_mut().expect("stderr is piped");
        stderr.read_to_string(&mut ended.stderr).expect("stderr can be read");
        ended
    }
}

/// A program that ended.
///
/// ```no_run
/// use emulator_kit::testing::Program;
///
/// let ended = Program::new("target/debug/letters-emulator").arg("--port").arg("none").run();
/// assert_eq!(ended.code, Some(2));
/// assert!(ended.stdout.is_empty(), "no line where it does not serve");
/// assert!(ended.stderr.contains("--port"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Its status; nothing if a signal took it away.
    pub code: Option<i32>,
    /// What it wrote on stdout; behind the line, if that was read.
    pub stdout: String,
    /// What it logged.
    pub stderr: String,
}

/// Everything that this process logs, at any level.
///
/// ```
/// # use std::sync::Arc;
/// # use emulator_kit::hyper::{Request, Response, StatusCode, body::Incoming};
/// # use emulator_kit::{Damage, Origin, Payload, Reply, ServerBuilder, Service};
/// use emulator_kit::testing::LogLines;
/// # struct Teapot;
/// # impl Service for Teapot {
/// #     fn connected(&self) -> u64 { 1 }
/// #     async fn serve(self: Arc<Self>, _: Origin, _: Request<Incoming>) -> Response<Payload> {
/// #         Damage::None.send(Reply::empty(StatusCode::IM_A_TEAPOT))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (server, _teapot) = ServerBuilder::new("teapot-emulator").start(|_| Arc::new(Teapot))?;
/// # let http = server.http_client_builder(emulator_kit::is_local).build()?;
/// # let url = format!("https://localhost:{}", server.ports().tls);
///
/// let log = LogLines::capture(); // once in a test binary
/// http.get(url).bearer_auth("s3cret").send().await?;
/// assert!(!log.text().contains("s3cret"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogLines(Arc<Mutex<Vec<u8>>>);

impl LogLines {
    /// Listens from now on, to the whole process: whether a line is logged at all is cached once for all threads. So the other
    /// tests of the binary are listened to as well.
    #[must_use]
    pub fn capture() -> Self {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
        lines
    }

    /// What was logged so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

impl io::Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
