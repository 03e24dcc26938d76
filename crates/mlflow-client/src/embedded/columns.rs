//! How MLflow writes its enumerations in columns.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::types::{LifecycleStage, LoggedModelStatus, ModelVersionStatus, RunStatus, Stage, ViewType};

/// The stage that a deleted model version is moved to; nothing shows it again.
pub(super) const DELETED_STAGE: &str = "Deleted_Internal";

/// A value as a column holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column<T>(pub(super) T);

impl ToSql for Column<RunStatus> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = match self.0 {
            RunStatus::Running => "RUNNING",
            RunStatus::Scheduled => "SCHEDULED",
            RunStatus::Finished => "FINISHED",
            RunStatus::Failed => "FAILED",
            RunStatus::Killed => "KILLED",
        };
        Ok(ToSqlOutput::from(text))
    }
}

impl FromSql for Column<RunStatus> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "RUNNING" => Ok(Self(RunStatus::Running)),
            "SCHEDULED" => Ok(Self(RunStatus::Scheduled)),
            "FINISHED" => Ok(Self(RunStatus::Finished)),
            "FAILED" => Ok(Self(RunStatus::Failed)),
            "KILLED" => Ok(Self(RunStatus::Killed)),
            other => Err(unknown("run status", other)),
        }
    }
}

impl FromSql for Column<LifecycleStage> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "active" => Ok(Self(LifecycleStage::Active)),
            "deleted" => Ok(Self(LifecycleStage::Deleted)),
            other => Err(unknown("lifecycle stage", other)),
        }
    }
}

impl ToSql for Column<LoggedModelStatus> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let code: i64 = match self.0 {
            LoggedModelStatus::Unspecified => 0,
            LoggedModelStatus::Pending => 1,
            LoggedModelStatus::Ready => 2,
            LoggedModelStatus::UploadFailed => 3,
        };
        Ok(ToSqlOutput::from(code))
    }
}

impl FromSql for Column<LoggedModelStatus> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self(LoggedModelStatus::Unspecified)),
            1 => Ok(Self(LoggedModelStatus::Pending)),
            2 => Ok(Self(LoggedModelStatus::Ready)),
            3 => Ok(Self(LoggedModelStatus::UploadFailed)),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

impl FromSql for Column<Stage> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        Stage::parse(name).map(Self).ok_or_else(|| unknown("stage", name))
    }
}

impl ToSql for Column<Stage> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_str()))
    }
}

impl FromSql for Column<ModelVersionStatus> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "PENDING_REGISTRATION" => Ok(Self(ModelVersionStatus::PendingRegistration)),
            "FAILED_REGISTRATION" => Ok(Self(ModelVersionStatus::FailedRegistration)),
            "READY" => Ok(Self(ModelVersionStatus::Ready)),
            other => Err(unknown("model version status", other)),
        }
    }
}

/// The lifecycle stages that a view shows, as an SQL list.
pub(super) fn stages_of(view: ViewType) -> &'static str {
    match view {
        ViewType::ActiveOnly => "('active')",
        ViewType::DeletedOnly => "('deleted')",
        ViewType::All => "('active', 'deleted')",
    }
}

fn unknown(what: &str, value: &str) -> FromSqlError {
    FromSqlError::Other(format!("unknown {what} {value:?}").into())
}
