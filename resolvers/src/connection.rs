//! Connections: lists that are paged forward and backward, and counted only when somebody asks.

use std::{borrow::Cow, future::Future};

use async_graphql::{Context, Description, Object, ObjectType, SimpleObject, TypeName};
use model::{
    entity::subject::{Row, Subject},
    store::{Page, PageRequest, View},
};

use crate::{
    context::ContextExt,
    error::Error,
    global_id::Identified,
    paging::{self, PageArguments},
};

/// A list that can be paged and counted.
pub trait Listing: Send + Sync + 'static {
    /// What it lists.
    type Entity: Subject;
    /// The same, as the graph shows it.
    type Node: ObjectType + From<Row<Self::Entity>> + Identified + Send + Sync + 'static;

    /// A stretch of it.
    fn page(
        &self,
        view: &View,
        request: PageRequest,
    ) -> impl Future<Output = Result<Page<Row<Self::Entity>>, model::Error>> + Send;

    /// How many it has.
    fn count(&self, view: &View) -> impl Future<Output = Result<u64, model::Error>> + Send;
}

/// A stretch of a list, oldest first in either direction of paging.
#[derive(Description)]
pub struct Connection<L: Listing> {
    listing: L,
    edges: Vec<Edge<L::Node>>,
    has_next_page: bool,
    has_previous_page: bool,
}

impl<L: Listing> Connection<L> {
    /// Reads a stretch of a list.
    pub async fn read(context: &Context<'_>, listing: L, arguments: PageArguments) -> Result<Self, Error> {
        let page = listing.page(context.view(), arguments.request()?).await?;
        Ok(Self {
            listing,
            edges: page.rows.into_iter().map(|row| Edge { node: L::Node::from(row) }).collect(),
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
        })
    }
}

impl<L: Listing> TypeName for Connection<L> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <L::Node as async_graphql::OutputType>::type_name()).into()
    }
}

#[Object(name_type, use_type_description)]
impl<L: Listing> Connection<L> {
    /// The objects of this stretch, each with its cursor.
    async fn edges(&self) -> &[Edge<L::Node>] {
        &self.edges
    }

    /// The objects of this stretch, without their cursors.
    async fn nodes(&self) -> Vec<&L::Node> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where this stretch begins and ends.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next_page,
            has_previous_page: self.has_previous_page,
            start_cursor: self.edges.first().map(Edge::position),
            end_cursor: self.edges.last().map(Edge::position),
        }
    }

    /// Number of objects in the whole list, as far as you may see it. Counted when selected.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64, Error> {
        Ok(self.listing.count(context.view()).await?)
    }
}

/// An object of a list, with its place.
#[derive(Description)]
pub struct Edge<N> {
    node: N,
}

impl<N: Identified> Edge<N> {
    fn position(&self) -> String {
        paging::encode(self.node.global_id().uuid)
    }
}

impl<N: ObjectType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <N as async_graphql::OutputType>::type_name()).into()
    }
}

#[Object(name_type, use_type_description)]
impl<N: ObjectType + Identified + Send + Sync> Edge<N> {
    /// The place, for `after` and `before`. Opaque.
    async fn cursor(&self) -> String {
        self.position()
    }

    /// The object.
    async fn node(&self) -> &N {
        &self.node
    }
}

/// Where a stretch of a list begins and ends.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub struct PageInfo {
    /// Whether more objects follow.
    has_next_page: bool,
    /// Whether more objects precede.
    has_previous_page: bool,
    /// Cursor of the first object; null when there is none.
    start_cursor: Option<String>,
    /// Cursor of the last object; null when there is none.
    end_cursor: Option<String>,
}
