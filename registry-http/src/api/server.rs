//! Servers.

use std::sync::Arc;

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::model::field::FieldErrors;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::page::SortOrder;
use registry_core::model::server::{HealthStatus, Server, ServerSort, ServerStatus};
use registry_core::model::text::Tag as ServerTag;
use registry_core::service::ListServers;
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use super::server_body::{Filters, RegisteredServer, ServerBody, ServerList, TestResult, ValidationResult};
use super::server_input::ServerRequest;
use super::usage_body::ServerPerformance;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

#[derive(ApiResponse)]
enum Created {
    /// The server is registered.
    #[oai(status = 201)]
    Created(Json<RegisteredServer>, #[oai(header = "ETag")] String, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The server.
    #[oai(status = 200)]
    Ok(Json<ServerBody>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Deleted {
    /// The server is gone, and the keys linked to it are revoked.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on servers.
pub struct ServerApi {
    registry: Arc<Registry>,
}

impl ServerApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/servers", tag = "Tag::Servers")]
impl ServerApi {
    /// Registers a server: connects to it, stores it, and makes a key for it, which the answer shows this once.
    #[oai(path = "/", method = "post", operation_id = "registerServer")]
    async fn register(&self, auth: Auth, body: Json<ServerRequest>) -> Result<Created, ApiError> {
        let registered = self.registry.servers.register(&auth.0, body.0.into_registration()?).await?;
        let (tag, id) = (etag(registered.server.revision), registered.server.id);
        Ok(Created::Created(Json(registered.into()), tag, format!("/api/servers/{id}")))
    }

    /// Lists the servers that the caller sees.
    #[oai(path = "/", method = "get", operation_id = "listServers")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most servers of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only this status.
        status: Query<Option<Word<ServerStatus>>>,
        /// Only of this health, as the list shows it; of one of them if it is repeated.
        #[oai(name = "healthStatus", default)]
        health_status: Query<Vec<Word<HealthStatus>>>,
        /// Only those whose name or description has this text, in any case.
        search: Query<Option<String>>,
        /// Only those with all of these tags.
        #[oai(default)]
        tags: Query<Vec<String>>,
        /// The same, as some clients spell it.
        #[oai(name = "tags[]", default)]
        tags_array: Query<Vec<String>>,
        /// What to sort by: `createdAt` by default.
        #[oai(name = "sortBy")]
        sort_by: Query<Option<Word<ServerSort>>>,
        /// In which direction: `desc` by default.
        #[oai(name = "sortOrder")]
        sort_order: Query<Option<Word<SortOrder>>>,
        /// Only this tenant's own.
        #[oai(name = "tenantId")]
        tenant_id: Query<Option<Uuid>>,
        /// Also those that the caller's own preferences hide.
        #[oai(name = "includeHidden")]
        include_hidden: Query<Option<bool>>,
    ) -> Result<Json<ServerList>, ApiError> {
        let default = ListServers::default();
        let list = ListServers {
            tenant_id: tenant_id.0.map(TenantId),
            status: status.0.map(|word| word.0),
            health: health_status.0.into_iter().map(|word| word.0).collect(),
            search: search.0.filter(|text| !text.is_empty()),
            tags: parse_tags(tags.0.iter().chain(&tags_array.0))?,
            with_hidden: include_hidden.0.unwrap_or(false),
            sort: sort_by.0.map_or(default.sort, |word| word.0),
            order: sort_order.0.map_or(default.order, |word| word.0),
            page: page::request(page.0, limit.0)?,
        };
        let filters = Filters::new(&list);
        let found = self.registry.servers.list(&auth.0, list).await?;
        let pagination = Pagination::from(&found);
        let servers = found.items.into_iter().map(ServerBody::from).collect();
        Ok(Json(ServerList { servers, pagination, filters }))
    }

    /// Connects to a server as described and lists what it offers; stores nothing.
    #[oai(path = "/test", method = "post", operation_id = "testServer")]
    async fn test(&self, auth: Auth, body: Json<ServerRequest>) -> Result<Json<TestResult>, ApiError> {
        let probed = self.registry.servers.test(&auth.0, &body.0.into()).await?;
        Ok(Json(TestResult::new(&probed)))
    }

    /// Checks a description without connecting; stores nothing.
    #[oai(path = "/validate", method = "post", operation_id = "validateServer")]
    async fn validate(
        &self,
        auth: Auth,
        body: Json<ServerRequest>,
    ) -> Result<Json<ValidationResult>, ApiError> {
        self.registry.servers.validate(&auth.0, &body.0.into()).await?;
        Ok(Json(ValidationResult { valid: true }))
    }

    /// Tells about one server, and how calls of it went.
    #[oai(path = "/:id", method = "get", operation_id = "getServer")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        let server = self.registry.servers.get(&auth.0, ServerId(id.0)).await?;
        let usage = self.registry.usage.of_server(&auth.0, &server).await?;
        let performance = usage.map(|usage| ServerPerformance::new(&server, usage));
        let (tag, circuit) = (etag(server.revision), self.registry.servers.circuit(&server));
        let mut body = ServerBody::from(server).with_circuit(circuit);
        body.performance = performance;
        let dependents = self.registry.servers.dependents(&auth.0, ServerId(id.0)).await?;
        body.dependents = Some(dependents.into_iter().map(|server| server.id.0).collect());
        Ok(Found::Ok(Json(body), tag))
    }

    /// Changes a server; what is absent stays. It is connected to again if endpoint or credentials change.
    #[oai(path = "/:id", method = "put", operation_id = "updateServer")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ServerRequest>,
    ) -> Result<Found, ApiError> {
        let (expected, skip) = (expected(if_match.0.as_deref())?, body.0.skips_connection());
        let server =
            self.registry.servers.update(&auth.0, ServerId(id.0), body.0.into(), expected, skip).await?;
        Ok(server.into())
    }

    /// Removes a server with its history, and revokes the keys linked to it. Answers 409 while servers that the caller
    /// sees depend on it, and names them.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteServer")]
    async fn delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the removal was decided on; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        /// Whether to remove it although servers depend on it.
        force: Query<Option<bool>>,
    ) -> Result<Deleted, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        let force = force.0.unwrap_or(false);
        self.registry.servers.delete(&auth.0, ServerId(id.0), expected, force).await?;
        Ok(Deleted::NoContent)
    }
}

pub(super) fn parse_tags<'a>(tags: impl Iterator<Item = &'a String>) -> Result<Vec<ServerTag>, ApiError> {
    let tags = tags.map(|tag| ServerTag::parse(tag)).collect::<Result<Vec<_>, _>>();
    tags.map_err(|invalid| FieldErrors::one("tags", invalid).into())
}

impl From<Server> for Found {
    fn from(server: Server) -> Self {
        let tag = etag(server.revision);
        Self::Ok(Json(server.into()), tag)
    }
}
