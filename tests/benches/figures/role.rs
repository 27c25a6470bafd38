//! The roles of helper processes: this executable, started again with the arguments `role NAME ...`.

use std::convert::Infallible;
use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::process::Process;
use crate::{bare, upstream};

/// What this process is to be.
pub(crate) enum Role {
    /// Answers calls.
    Upstream,
    /// The same, under every address of this machine.
    Fleet,
    /// Passes calls on.
    Bare { upstream: SocketAddr, key: String },
}

/// The role that the arguments name, if they do.
pub(crate) fn wanted() -> Result<Option<Role>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Ok(match arguments.as_slice() {
        ["role", "upstream"] => Some(Role::Upstream),
        ["role", "fleet"] => Some(Role::Fleet),
        ["role", "bare", upstream, key] => {
            Some(Role::Bare { upstream: upstream.parse()?, key: (*key).to_owned() })
        }
        ["role", ..] => bail!("no such role"),
        _ => None,
    })
}

impl Role {
    /// Plays the role until standard input ends, which it does with the parent.
    pub(crate) fn run(self) -> Result<()> {
        // As many threads as the service has: one for each core.
        let runtime = tokio::runtime::Runtime::new()?;
        let host = if matches!(self, Self::Fleet) { "0.0.0.0" } else { "127.0.0.1" };
        let listener = runtime.block_on(TcpListener::bind((host, 0)))?;
        println!("{}", listener.local_addr()?);
        match self {
            Self::Upstream | Self::Fleet => runtime.spawn(serve(listener, upstream::answer)),
            Self::Bare { upstream, key } => {
                let proxy = bare::Proxy::new(upstream, &key);
                runtime.spawn(serve(listener, move |request| proxy.clone().pass(request)))
            }
        };
        std::io::stdin().read_to_end(&mut Vec::new())?;
        runtime.shutdown_background();
        Ok(())
    }

    /// Starts a process in this role; returns it with the address that it listens on.
    pub(crate) fn start(self) -> Result<(Process, SocketAddr)> {
        let mut command = Command::new(std::env::current_exe()?);
        match self {
            Self::Upstream => command.args(["role", "upstream"]),
            Self::Fleet => command.args(["role", "fleet"]),
            Self::Bare { upstream, key } => command.args(["role", "bare", &upstream.to_string(), &key]),
        };
        let mut process = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let output = process.child().stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok((process, line.trim().parse()?))
    }
}

/// The plainest hyper server there is.
async fn serve<S, F, B>(listener: TcpListener, service: S) -> Result<()>
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        let service = service_fn(move |request| {
            let answer = service(request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        // A connection that ends early is the load generator's end.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
