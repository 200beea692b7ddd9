//! Errors of QR codes and paper.

use stockade_paper::{
    content::{Refused, Why},
    gather::GatherError,
    intake::IntakeError,
    parts::PartError,
    payload::PayloadError,
    qr_code::DrawError,
    set_files::SetError,
    sheet::SheetError,
    take::TakeError,
};

use super::{CommandError, Kind};

impl From<GatherError> for CommandError {
    fn from(error: GatherError) -> Self {
        match error {
            GatherError::Store(error) => error.into(),
            GatherError::Backup(error) => error.into(),
            GatherError::Set(error) => error.into(),
            GatherError::Payload(error) => error.into(),
            GatherError::Refused(error) => error.into(),
            error => Self::input(error.to_string()),
        }
    }
}

impl From<Refused> for CommandError {
    fn from(error: Refused) -> Self {
        let hint = match error.why {
            Why::SignedExit => "if it is about to be sent anyway, say --signed-exits",
            _ => {
                "only sealed files and public files of Stockade are shown: seal it first, as with `age \
                 --encrypt`"
            }
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}

impl From<SetError> for CommandError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Backup(error) => error.into(),
            SetError::Payload(error) => error.into(),
            SetError::Damaged { .. } => Self::hinted(
                Kind::Input,
                &error,
                "repair it from another copy: stockade backup repair",
            ),
            error => Self::hinted(Kind::Input, &error, "`stockade backup list` shows the sets"),
        }
    }
}

impl From<PayloadError> for CommandError {
    fn from(error: PayloadError) -> Self {
        Self::input(error.to_string())
    }
}

impl From<PartError> for CommandError {
    fn from(error: PartError) -> Self {
        let hint = match error {
            PartError::Length(_) => "enlarge the terminal, or use --format png with --out",
            _ => "",
        };
        Self::hinted(Kind::Input, &error, hint)
    }
}

impl From<DrawError> for CommandError {
    fn from(error: DrawError) -> Self {
        Self::new(Kind::Internal, error.to_string())
    }
}

impl From<SheetError> for CommandError {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Set(error) => error.into(),
            SheetError::Payload(error) => error.into(),
            SheetError::Refused(error) => error.into(),
            SheetError::TooLarge { .. } => Self::hinted(Kind::Input, &error, "use --seal-only"),
            error => Self::input(error.to_string()),
        }
    }
}

impl From<TakeError> for CommandError {
    fn from(error: TakeError) -> Self {
        let hint = match &error {
            TakeError::Store(_) | TakeError::Backup(_) => "",
            TakeError::Intake { source, .. } => hint_of(source),
            _ => "nothing was written",
        };
        match error {
            TakeError::Store(error) => error.into(),
            TakeError::Backup(error) => error.into(),
            error => Self::hinted(Kind::Input, &error, hint),
        }
    }
}

fn hint_of(error: &IntakeError) -> &'static str {
    match error {
        IntakeError::Incomplete { .. } => {
            "add more pictures: any others will do. If a picture shows a code that was not read, take it \
             again, sharper and closer; or type the lines of the sheet"
        }
        IntakeError::NoCode => {
            "take the picture again, sharper, closer and with the white border of the code; or type the \
             lines of the sheet"
        }
        IntakeError::Lines(_) => "correct the text and run the same command again",
        _ => "",
    }
}
