//! Tokens shared through Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind as Kind, IntoConnectionInfo, RedisError, ServerErrorKind};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use super::store::{StoreError, TokenStore};
use crate::error::{Error, ErrorKind, Stage};
use crate::runtime::PerRuntime;

/// A Redis (or Valkey) server that processes of one client share their tokens through.
///
/// It holds sealed values under `maskinporten:1:…`, each with its time to live, and uses `GET` and `SET … PX` only. Connects
/// when it is first used, and again whenever the connection is lost. `rediss://` is TLS with the system's roots.
///
/// ```no_run
/// use maskinporten::{MaskinportenClient, MaskinportenSettings, RedisTokenStore};
///
/// # fn build(settings: MaskinportenSettings) -> Result<MaskinportenClient, maskinporten::Error> {
/// let store = RedisTokenStore::new("rediss://cache.example.no:6379/0")?;
/// let maskinporten = MaskinportenClient::builder(settings).token_store(store).build()?;
/// # Ok(maskinporten)
/// # }
/// ```
pub struct RedisTokenStore {
    client: Client,
    /// Made in the first call of a runtime, and that runtime's own: the manager starts a task there.
    connections: PerRuntime<Arc<OnceCell<ConnectionManager>>>,
}

/// Short: whoever waits could have a token from Maskinporten in that time.
const TIMEOUT: Duration = Duration::from_millis(400);

impl RedisTokenStore {
    /// The server at an address such as `redis://:password@host:6379/0`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The address is not one of Redis.
    pub fn new(url: &str) -> Result<Self, Error> {
        // Not the library's own words: they may quote the address, and a password is in it.
        let client = url
            .into_connection_info()
            .and_then(Client::open)
            .map_err(|_| {
                Error::new(
                    ErrorKind::Store,
                    Stage::Store,
                    "the address of the token store is not a Redis URL",
                )
            })
            .map_err(|error| error.with_remedy("write it as redis://host:6379/0, or rediss://… for TLS"))?;
        Ok(Self {
            client,
            connections: PerRuntime::new(),
        })
    }

    async fn connection(&self) -> Result<ConnectionManager, StoreError> {
        let make = || async {
            // No retries of its own: the cache leaves a store alone that failed, and works from memory.
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(0)
                .set_connection_timeout(Some(TIMEOUT))
                .set_response_timeout(Some(TIMEOUT));
            ConnectionManager::new_lazy_with_config(self.client.clone(), config)
        };
        let connection = self.connections.get(&Handle::try_current()?, Arc::default);
        let connection = connection.get_or_try_init(make).await.map_err(failed)?;
        Ok(connection.clone())
    }
}

/// Why the server could not do it, in words of ours: its own may hold the password that it was sent, its code included.
#[derive(Debug)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failed {}

#[allow(clippy::needless_pass_by_value)]
fn failed(error: RedisError) -> Failed {
    Failed(match error.kind() {
        _ if error.is_timeout() => "Redis gave no answer in time",
        _ if error.is_connection_refusal() => "Redis refused the connection",
        Kind::Io => "the connection to Redis failed",
        _ if error.code() == Some("NOAUTH") => "Redis wants a password, and its address has none",
        Kind::AuthenticationFailed => "Redis refused the user or the password of its address",
        Kind::InvalidClientConfig => "the address of Redis cannot be used",
        Kind::Server(ServerErrorKind::NoPerm) => "Redis gives its user no leave for GET and SET",
        Kind::Server(ServerErrorKind::ReadOnly) => "Redis is a replica that cannot be written to",
        Kind::Server(ServerErrorKind::BusyLoading) => "Redis is still loading its data",
        Kind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask) => {
            "Redis is a cluster, whose other members are not asked"
        }
        Kind::Server(_) | Kind::Extension => "Redis refused the command",
        Kind::Parse | Kind::UnexpectedReturnType => "what answers is not Redis, or the value is not one of ours",
        _ => "the request to Redis failed",
    })
}

#[async_trait]
impl TokenStore for RedisTokenStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut connection = self.connection().await?;
        let answer = redis::cmd("GET").arg(key).query_async(&mut connection).await;
        Ok(answer.map_err(failed)?)
    }

    async fn set(&self, key: &str, value: Vec<u8>, time_to_live: Duration) -> Result<(), StoreError> {
        let mut connection = self.connection().await?;
        let milliseconds = u64::try_from(time_to_live.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("PX").arg(milliseconds);
        let answer = command.query_async(&mut connection).await;
        Ok(answer.map_err(failed)?)
    }
}

impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.client.get_connection_info().addr();
        f.debug_tuple("RedisTokenStore").field(&address.to_string()).finish()
    }
}
