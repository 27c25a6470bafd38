//! Reading a record for a caller: what it may not see is not found, what it may not do is forbidden.

use super::context::Context;
use crate::access::{Caller, KeyResource, Permission, require};
use crate::error::Error;
use crate::model::id::{ApiKeyId, ServerId, UserId};
use crate::model::key::ApiKey;
use crate::model::server::Server;
use crate::model::user::User;

impl Context {
    /// The server with this id, if `caller` may use `permission` on it.
    pub(super) async fn permitted_server(
        &self,
        caller: &Caller,
        permission: Permission,
        id: ServerId,
    ) -> Result<Server, Error> {
        let server = self.store.server(caller.reach(), id).await?.ok_or(Error::NotFound)?;
        require(caller, permission, &server)?;
        Ok(server)
    }

    /// The user with this id, if `caller` may use `permission` on it.
    pub(super) async fn permitted_user(
        &self,
        caller: &Caller,
        permission: Permission,
        id: UserId,
    ) -> Result<User, Error> {
        let user = self.store.user(caller.reach(), id).await?.ok_or(Error::NotFound)?;
        require(caller, permission, &user)?;
        Ok(user)
    }

    /// The key with this id, if `caller` may use `permission` on it.
    pub(super) async fn permitted_key(
        &self,
        caller: &Caller,
        permission: Permission,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let key = self.store.key(caller.reach(), id).await?.ok_or(Error::NotFound)?;
        let server = self.linked_server(caller, key.server_id).await?;
        require(caller, permission, &KeyResource { key: &key, server: server.as_ref() })?;
        Ok(key)
    }

    /// The server that a key is linked to, if it is linked, and the server is there and within the caller's reach.
    pub(super) async fn linked_server(
        &self,
        caller: &Caller,
        id: Option<ServerId>,
    ) -> Result<Option<Server>, Error> {
        match id {
            Some(id) => Ok(self.store.server(caller.reach(), id).await?),
            None => Ok(None),
        }
    }
}
