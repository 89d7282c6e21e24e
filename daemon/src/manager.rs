//! Messages to the service manager that started the daemon: ready, alive, stopping.

use beid_front_dbus::Echo;
use beid_host::manager::{ServiceManager, ServiceState};
use beid_service::Service;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Tells the manager a state; what becomes of the message changes nothing for callers.
pub fn tell(manager: &ServiceManager, state: ServiceState) {
    if let Err(error) = manager.tell(state) {
        tracing::warn!(%error, ?state, "the service manager could not be told");
    }
}

/// Says that the daemon is alive, twice in the time after which the manager would end it, as long as callers are answered.
/// Returns at once if the manager has no watchdog, and else never.
pub async fn feed_watchdog(manager: ServiceManager, service: Arc<Service>, port: u16, bus: Option<Echo>) {
    let Some(period) = manager.watchdog().map(|limit| limit / 2) else {
        return;
    };
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let seen = Arc::clone(&service);
        let fronts = async {
            answers(port).await?;
            match &bus {
                Some(bus) => bus.heard().await.map_err(io::Error::other),
                None => Ok(()),
            }
        };
        match lives(move || seen.desk_state(), fronts, period).await {
            Ok(()) => tell(&manager, ServiceState::Alive),
            Err(error) => {
                tracing::error!(%error, "callers are not answered: the service manager will start beidd anew")
            }
        }
    }
}

/// Checks that the service gives its locks, and that the fronts answer, both within `limit`.
///
/// Readers and cards are not asked: a new daemon would find a card service that hangs no better than this one does.
async fn lives<T: Send + 'static>(
    take_locks: impl FnOnce() -> T + Send + 'static,
    fronts: impl Future<Output = io::Result<()>>,
    limit: Duration,
) -> io::Result<()> {
    let both = async {
        tokio::task::spawn_blocking(take_locks).await?;
        fronts.await
    };
    timeout(limit, both).await?
}

/// Waits until a connection is answered or closed. It speaks no TLS, which costs the least: everybody gets an answer to that.
async fn answers(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
    // Closed at once, where connections are many: that is an answer too.
    drop(stream.read(&mut [0]).await);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn whoever_answers_or_closes_is_alive() {
        for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b""] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let answering = std::thread::spawn(move || listener.accept().unwrap().0.write_all(answer));
            lives(|| {}, answers(port), Duration::from_secs(60)).await.unwrap();
            answering.join().unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn neither_a_port_that_nobody_serves_nor_a_lock_that_is_held_is_alive() {
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = silent.local_addr().unwrap().port();
        let silence = lives(|| {}, answers(port), LIMIT).await.unwrap_err();
        assert_eq!(silence.kind(), io::ErrorKind::TimedOut);

        let (held, wait) = std::sync::mpsc::channel::<()>();
        let stuck = lives(move || wait.recv(), answers(port), LIMIT).await.unwrap_err();
        assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);
        drop(held);

        drop(silent);
        assert!(lives(|| {}, answers(port), LIMIT).await.is_err(), "nobody listens");
    }
}
