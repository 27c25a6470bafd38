//! Webhooks.

use std::sync::Arc;

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::model::delivery::DeliveryStatus;
use registry_core::model::id::{DeliveryId, WebhookId};
use registry_core::model::webhook::Webhook;
use registry_core::service::IssuedWebhook;
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use super::webhook_body::{
    CreateWebhook, DeliveryBody, DeliveryList, IssuedWebhookBody, UpdateWebhook, WebhookBody, WebhookList,
    WebhookTestBody,
};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

#[derive(ApiResponse)]
enum Created {
    /// The webhook was made.
    #[oai(status = 201)]
    Created(Json<IssuedWebhookBody>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Rotated {
    /// The webhook has a new secret.
    #[oai(status = 200)]
    Ok(Json<IssuedWebhookBody>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The webhook.
    #[oai(status = 200)]
    Ok(Json<WebhookBody>, #[oai(header = "ETag")] String),
}

impl From<Webhook> for Found {
    fn from(webhook: Webhook) -> Self {
        let tag = etag(webhook.revision);
        Self::Ok(Json(webhook.into()), tag)
    }
}

#[derive(ApiResponse)]
enum Removed {
    /// The webhook is gone.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on webhooks; for administrators.
pub struct WebhookApi {
    registry: Arc<Registry>,
}

impl WebhookApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/webhooks", tag = "Tag::Webhooks")]
impl WebhookApi {
    /// Makes a webhook. The answer shows its secret, this once.
    #[oai(path = "/", method = "post", operation_id = "createWebhook")]
    async fn create(&self, auth: Auth, body: Json<CreateWebhook>) -> Result<Created, ApiError> {
        let (tenant, input) = body.0.into_parts();
        let issued = self.registry.webhooks.create(&auth.0, tenant, input).await?;
        let (body, tag) = parts(issued);
        Ok(Created::Created(body, tag))
    }

    /// Lists all webhooks, oldest first.
    #[oai(path = "/", method = "get", operation_id = "listWebhooks")]
    async fn list(&self, auth: Auth) -> Result<Json<WebhookList>, ApiError> {
        let webhooks = self.registry.webhooks.list(&auth.0).await?;
        Ok(Json(WebhookList { webhooks: webhooks.into_iter().map(WebhookBody::from).collect() }))
    }

    /// Tells about one webhook.
    #[oai(path = "/:id", method = "get", operation_id = "getWebhook")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        Ok(self.registry.webhooks.get(&auth.0, WebhookId(id.0)).await?.into())
    }

    /// Changes a webhook; what is absent stays.
    #[oai(path = "/:id", method = "put", operation_id = "updateWebhook")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<UpdateWebhook>,
    ) -> Result<Found, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        let change = body.0.into();
        Ok(self.registry.webhooks.update(&auth.0, WebhookId(id.0), change, expected).await?.into())
    }

    /// Removes a webhook, and all deliveries to it.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteWebhook")]
    async fn delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the removal is for; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Removed, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        self.registry.webhooks.delete(&auth.0, WebhookId(id.0), expected).await?;
        Ok(Removed::NoContent)
    }

    /// Gives a webhook a new secret, shown this once. Deliveries are signed with the old one too for 24 hours.
    #[oai(path = "/:id/rotate-secret", method = "post", operation_id = "rotateWebhookSecret")]
    async fn rotate_secret(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Rotated, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        let issued = self.registry.webhooks.rotate_secret(&auth.0, WebhookId(id.0), expected).await?;
        let (body, tag) = parts(issued);
        Ok(Rotated::Ok(body, tag))
    }

    /// Sends a message of the type `webhook.test` now, and tells what came of it.
    #[oai(path = "/:id/test", method = "post", operation_id = "testWebhook")]
    async fn test(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<WebhookTestBody>, ApiError> {
        Ok(Json(self.registry.webhooks.test(&auth.0, WebhookId(id.0)).await?.into()))
    }

    /// Lists what was delivered to a webhook, or is to be, newest first.
    #[oai(path = "/:id/deliveries", method = "get", operation_id = "listWebhookDeliveries")]
    async fn deliveries(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Only those that are so far.
        status: Query<Option<Word<DeliveryStatus>>>,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most deliveries of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<DeliveryList>, ApiError> {
        let (status, page) = (status.0.map(|word| word.0), page::request(page.0, limit.0)?);
        let found = self.registry.webhooks.deliveries(&auth.0, WebhookId(id.0), status, page).await?;
        let pagination = Pagination::from(&found);
        let deliveries = found.items.into_iter().map(DeliveryBody::from).collect();
        Ok(Json(DeliveryList { deliveries, pagination }))
    }

    /// Has a delivery that was given up sent again.
    #[oai(path = "/:id/deliveries/:delivery/retry", method = "post", operation_id = "retryWebhookDelivery")]
    async fn retry(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        delivery: Path<Uuid>,
    ) -> Result<Json<DeliveryBody>, ApiError> {
        let delivery = DeliveryId(delivery.0);
        Ok(Json(self.registry.webhooks.retry(&auth.0, WebhookId(id.0), delivery).await?.into()))
    }
}

fn parts(issued: IssuedWebhook) -> (Json<IssuedWebhookBody>, String) {
    let tag = etag(issued.webhook.revision);
    (Json(issued.into()), tag)
}
