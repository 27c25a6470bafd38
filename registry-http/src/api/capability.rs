//! What servers list: tools, resources and prompts, how that changed, and searches of all tools.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use registry_core::Registry;
use registry_core::model::capability::{CapabilityKind, DefinitionDigest};
use registry_core::model::field::FieldErrors;
use registry_core::model::id::ServerId;
use registry_core::service::SearchTools;
use uuid::Uuid;

use super::Tag;
use super::capability_body::{ApproveRequest, CapabilityBody, CapabilityList, ChangeList, ToolList};
use super::page;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;

/// Operations on what servers list.
pub struct CapabilityApi {
    registry: Arc<Registry>,
}

impl CapabilityApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    async fn list(
        &self,
        auth: &Auth,
        id: Uuid,
        kind: CapabilityKind,
        page: (Query<Option<u32>>, Query<Option<u32>>),
    ) -> Result<Json<CapabilityList>, ApiError> {
        let page = page::request(page.0.0, page.1.0)?;
        let found = self.registry.capabilities.list(&auth.0, ServerId(id), kind, page).await?;
        Ok(Json(found.into()))
    }
}

#[OpenApi(prefix_path = "/api", tag = "Tag::Capabilities")]
impl CapabilityApi {
    /// Lists a server's tools, as they were at the last deep check.
    #[oai(path = "/servers/:id/tools", method = "get", operation_id = "listServerTools")]
    async fn tools(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most tools of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<CapabilityList>, ApiError> {
        self.list(&auth, id.0, CapabilityKind::Tool, (page, limit)).await
    }

    /// Lists a server's resources, as they were at the last deep check.
    #[oai(path = "/servers/:id/resources", method = "get", operation_id = "listServerResources")]
    async fn resources(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most resources of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<CapabilityList>, ApiError> {
        self.list(&auth, id.0, CapabilityKind::Resource, (page, limit)).await
    }

    /// Lists a server's resource templates, as they were at the last deep check.
    #[oai(
        path = "/servers/:id/resource-templates",
        method = "get",
        operation_id = "listServerResourceTemplates"
    )]
    async fn resource_templates(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most templates of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<CapabilityList>, ApiError> {
        self.list(&auth, id.0, CapabilityKind::ResourceTemplate, (page, limit)).await
    }

    /// Lists a server's prompts, as they were at the last deep check.
    #[oai(path = "/servers/:id/prompts", method = "get", operation_id = "listServerPrompts")]
    async fn prompts(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most prompts of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<CapabilityList>, ApiError> {
        self.list(&auth, id.0, CapabilityKind::Prompt, (page, limit)).await
    }

    /// Tells how a server's tools, resources and prompts changed, newest first, with each definition before and after.
    #[oai(
        path = "/servers/:id/capability-changes",
        method = "get",
        operation_id = "listServerCapabilityChanges"
    )]
    async fn changes(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most changes of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<ChangeList>, ApiError> {
        let page = page::request(page.0, limit.0)?;
        let changes = self.registry.capabilities.changes(&auth.0, ServerId(id.0), page).await?;
        Ok(Json(changes.into()))
    }

    /// Approves a tool that is held, by the digest of the definition that was looked at; 409 if that has changed since.
    #[oai(path = "/servers/:id/tools/:name/approve", method = "post", operation_id = "approveServerTool")]
    async fn approve(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The tool's name.
        name: Path<String>,
        body: Json<ApproveRequest>,
    ) -> Result<Json<CapabilityBody>, ApiError> {
        let digest = DefinitionDigest::parse(&body.0.digest);
        let digest = digest.map_err(|invalid| FieldErrors::one("digest", invalid))?;
        let approved = self.registry.capabilities.approve(&auth.0, ServerId(id.0), &name.0, digest).await?;
        Ok(Json(CapabilityBody::new(approved, false)))
    }

    /// Searches the tools of all servers that the caller sees.
    #[oai(path = "/tools", method = "get", operation_id = "searchTools")]
    async fn search(
        &self,
        auth: Auth,
        /// Only those with this text in name, title or description, in any case.
        search: Query<Option<String>>,
        /// Also those of servers that the caller's own preferences hide.
        #[oai(name = "includeHidden")]
        include_hidden: Query<Option<bool>>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most tools of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<ToolList>, ApiError> {
        let search = SearchTools {
            search: search.0,
            with_hidden: include_hidden.0.unwrap_or(false),
            page: page::request(page.0, limit.0)?,
        };
        Ok(Json(self.registry.capabilities.search(&auth.0, search).await?.into()))
    }
}
