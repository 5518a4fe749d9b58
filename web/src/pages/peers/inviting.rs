//! Inviting: making tickets, and taking back those that can still be used.

use contract::parcero::v1::{ListInvitationsRequest, RevokeInvitationRequest};
use leptos::{html::Dialog, prelude::*};
use tonic::Status;

use super::desk::Desk;
use crate::{
    browser::Task,
    model::peers::inviting::{Form, Invitation},
    pages::shortcuts,
};

/// The dialog and what stands in it. A cheap copy of a handle.
#[derive(Clone, Copy)]
pub(super) struct Inviting {
    pub(super) form: RwSignal<Form>,
    dialog: NodeRef<Dialog>,
    desk: Desk,
    task: StoredValue<Option<Task>>,
}

impl Inviting {
    pub(super) fn new(desk: Desk, dialog: NodeRef<Dialog>) -> Self {
        Self {
            form: RwSignal::default(),
            dialog,
            desk,
            task: StoredValue::new(None),
        }
    }

    /// Opens the dialog with the invitations that can still be used. A ticket made before is not shown again.
    pub(super) fn open(self) {
        self.form.set(Form::default());
        self.run(async |_: Self| Ok(()));
        shortcuts::show(self.dialog);
    }

    /// Makes an invitation.
    pub(super) fn make(self) {
        let Some(request) = self.form.with_untracked(Form::request) else {
            return;
        };
        self.run(async move |inviting: Self| {
            let made = inviting.desk.client().create_invitation(request).await?;
            let ticket = made.into_inner().ticket;
            inviting.form.update(|form| form.made = Some(ticket));
            Ok(())
        });
    }

    /// Makes an invitation of no use.
    pub(super) fn revoke(self, id: String) {
        self.run(async move |inviting: Self| {
            let request = RevokeInvitationRequest { id };
            inviting.desk.client().revoke_invitation(request).await?;
            // The ticket on the screen may be the one that was revoked.
            inviting.form.update(|form| form.made = None);
            Ok(())
        });
    }

    /// Does something and lists what can be used then. What was under way before ends: its answer would be old.
    fn run(self, deed: impl AsyncFnOnce(Self) -> Result<(), Status> + 'static) {
        self.task.set_value(Some(Task::spawn(async move {
            let done = match deed(self).await {
                Ok(()) => self.list().await,
                Err(status) => Err(status),
            };
            self.form.update(|form| form.failed = done.err());
        })));
    }

    async fn list(self) -> Result<(), Status> {
        let list = self
            .desk
            .client()
            .list_invitations(ListInvitationsRequest {})
            .await?;
        let open = list
            .into_inner()
            .invitations
            .iter()
            .map(Invitation::read)
            .collect();
        self.form.update(|form| form.open = open);
        Ok(())
    }
}
