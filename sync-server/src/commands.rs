//! The command line. Every flag is an environment variable too.

use crate::clock::Millis;
use crate::config::{Config, PushConfig, Rates, days};
use crate::identity::SecretHash;
use crate::limits::{INVITE_SECONDS, RETENTION_DAYS};
use crate::origin::{Origin, PublicUrl};
use crate::passkeys::Passkeys;
use crate::push::key_in_file;
use crate::rules::{PushServices, push_service};
use crate::store::{Admission, DatabaseUrl, StoreKind, open};
use anyhow::Context as _;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use protocol::api::to_text;
use std::io::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The Life OS relay: stores and forwards entries it cannot read.
#[derive(Debug, Parser)]
#[command(name = "sync-server", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Lines of the log on standard error.
    #[arg(long, global = true, env = "LIFEOS_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What is logged, as in `info` or `sync_server=debug`.
    #[arg(long, global = true, env = "LIFEOS_LOG", default_value = "info", value_parser = log_filter)]
    log: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the relay until SIGTERM or SIGINT.
    Serve(Box<Serve>),
    /// Makes an invitation: good for one account within seven days.
    Invite(Invite),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to listen on, as in 127.0.0.1:8787.
    #[arg(long, env = "LIFEOS_LISTEN", value_name = "ADDR")]
    listen: SocketAddr,
    /// sqlite://PATH (made if it is not there) or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "LIFEOS_DATABASE", value_name = "URL", hide_env_values = true)]
    database: DatabaseUrl,
    /// The address that devices dial, as in https://relay.example or https://example.org/life: they sign its host.
    #[arg(long, env = "LIFEOS_PUBLIC_URL", value_name = "URL")]
    public_url: PublicUrl,
    /// Host that passkeys are made for, if not the public URL's own: that one or a domain above it.
    #[arg(long, env = "LIFEOS_RP_ID", value_name = "HOST")]
    rp_id: Option<String>,
    /// An address that people move to from here, as in https://new.example: the app served here may reach it. May be given
    /// more than once (in the environment: with commas).
    #[arg(long, env = "LIFEOS_MOVES_TO", value_name = "URL", value_delimiter = ',')]
    moves_to: Vec<Origin>,
    /// An address that people move here from, as in https://old.example: the app served there may register here and sync,
    /// but not sign in. May be given more than once (in the environment: with commas).
    #[arg(long, env = "LIFEOS_MOVED_FROM", value_name = "URL", value_delimiter = ',')]
    moved_from: Vec<Origin>,
    /// A proxy whose X-Forwarded-For is believed; may be given more than once (in the environment: with commas).
    #[arg(long, env = "LIFEOS_TRUSTED_PROXY", value_name = "CIDR", value_delimiter = ',', value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// Who may make an account: first is open until there is one, then by invitation.
    #[arg(long, env = "LIFEOS_REGISTRATION", value_enum, default_value = "first")]
    registration: Registration,
    /// Days for which what devices have compacted is kept as it was before, too. 0 drops it as soon as all of them have
    /// checked the compacted form.
    #[arg(long, env = "LIFEOS_RETENTION_DAYS", value_name = "N", default_value_t = RETENTION_DAYS)]
    retention_days: u32,
    /// A push service beside those of Apple, Google, Microsoft and Mozilla: its host, which may then be anywhere, or
    /// http(s)://HOST:PORT. May be given more than once (in the environment: with commas).
    #[arg(long, env = "LIFEOS_PUSH_SERVICE", value_name = "HOST", value_delimiter = ',', value_parser = push_service)]
    push_service: Vec<Origin>,
    /// Where the people of a push service reach you, as in mailto:me@example.org; the public URL unless given.
    #[arg(long, env = "LIFEOS_PUSH_SUBJECT", value_name = "URI", value_parser = subject)]
    push_subject: Option<String>,
    /// A file for the key that push services know this relay by (made if it is not there), instead of the database.
    #[arg(long, env = "LIFEOS_VAPID_KEY", value_name = "FILE")]
    vapid_key: Option<PathBuf>,
    /// A folder of files to serve, such as the web app.
    #[arg(long, env = "LIFEOS_WEB_DIR", value_name = "DIR", value_parser = folder)]
    web_dir: Option<PathBuf>,
    /// Multiplies every rate limit: for many people behind one address.
    #[arg(long, env = "LIFEOS_RATE_LIMIT_FACTOR", value_name = "N", default_value = "1")]
    rate_limit_factor: NonZeroU32,
}

#[derive(Debug, Args)]
struct Invite {
    /// The relay's database.
    #[arg(long, env = "LIFEOS_DATABASE", value_name = "URL", hide_env_values = true)]
    database: DatabaseUrl,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Registration {
    First,
    Invite,
    Open,
}

impl From<Registration> for Admission {
    fn from(registration: Registration) -> Self {
        match registration {
            Registration::First => Self::First,
            Registration::Invite => Self::Invite,
            Registration::Open => Self::Open,
        }
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "expected a network as in 10.0.0.0/8".to_owned())
}

/// What push services take for somebody they can turn to (RFC 8292, 2.1).
fn subject(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("mailto:").filter(|to| to.contains('@')).or(text.strip_prefix("https://"));
    let plain = rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()));
    if plain { Ok(text.to_owned()) } else { Err("expected mailto:NAME@HOST or https://…".to_owned()) }
}

fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}

/// Runs what the command line asks for.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    log_to_stderr(cli.log_format, &cli.log)?;
    match cli.command {
        Command::Serve(serve) => run_relay(*serve).await,
        Command::Invite(invite) => make_invite(&invite).await,
    }
}

fn log_to_stderr(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    // Libraries write frames and headers into their traces: of them only warnings and errors pass, whatever is asked.
    // Of the one that reads passkeys nothing does: its errors show what was sent.
    let ours = filter_fn(|m| {
        let (target, level) = (m.target(), *m.level());
        target.starts_with("sync_server") || (level <= Level::WARN && !target.starts_with("webauthn"))
    });
    let filter = EnvFilter::try_new(filter)?.and(ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init()
        .map_err(|e| anyhow::anyhow!("the log could not be started: {e}"))
}

async fn run_relay(serve: Serve) -> anyhow::Result<()> {
    let passkeys = Passkeys::new(&serve.public_url, serve.rp_id.as_deref()).unwrap_or_else(|error| {
        Cli::command().error(ErrorKind::ValueValidation, format!("--rp-id: {error}")).exit()
    });
    // Before anything is open, so that a signal during the start is not lost.
    let stop = stop_signal()?;
    let store = open(&serve.database).await.with_context(|| format!("opening {:?}", serve.database))?;
    let listener = TcpListener::bind(serve.listen).await;
    let listener = listener.with_context(|| format!("listening on {}", serve.listen))?;
    let address = listener.local_addr()?;
    let push = PushConfig::new(&serve.public_url);
    let key = serve.vapid_key.as_deref().map(key_in_file).transpose().context("--vapid-key")?;
    let push = PushConfig {
        services: PushServices::new(serve.push_service),
        subject: serve.push_subject.unwrap_or(push.subject),
        key,
        ..push
    };
    let config = Config {
        push,
        moves_to: serve.moves_to,
        moved_from: serve.moved_from,
        trusted_proxies: serve.trusted_proxy,
        admission: serve.registration.into(),
        retention: days(serve.retention_days),
        web_dir: serve.web_dir,
        rates: Rates::default().times(serve.rate_limit_factor),
        passkeys,
        ..Config::new(serve.public_url)
    };
    say_ready(address, store.kind())?;
    crate::serve::serve(listener, store, config, stop).await
}

/// The port is open by now: connections wait in its queue until they are taken.
fn say_ready(address: SocketAddr, kind: StoreKind) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "sync-server ready on http://{address} ({})", kind.name())?;
    Ok(out.flush()?)
}

fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _failed = tokio::signal::ctrl_c().await;
    })
}

async fn make_invite(invite: &Invite) -> anyhow::Result<()> {
    let store = open(&invite.database).await.with_context(|| format!("opening {:?}", invite.database))?;
    let token = to_text(&crate::random::bytes32()?);
    let now = Millis::now();
    store.put_invite(SecretHash::of(token.as_bytes()), now.plus_seconds(INVITE_SECONDS), now).await?;
    store.close().await;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{token}")?;
    Ok(out.flush()?)
}
