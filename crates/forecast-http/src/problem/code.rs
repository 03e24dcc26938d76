//! Every kind of problem that the API can answer with. Codes are stable: never renamed or reused.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($code:ident $name:literal $status:ident $title:literal => $remedy:literal;)*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// All kinds, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            /// HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)* }
            }

            /// Summary for people.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }

            /// What a caller does about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$code => $remedy,)* }
            }

            /// The kind of that name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.name() == name)
            }
        }
    };
}

codes! {
    BadJson "bad_json" BAD_REQUEST "The body is not JSON"
        => "Send one JSON object; `detail` names the line and column where reading stopped.";
    BadBody "bad_body" BAD_REQUEST "The body did not arrive whole"
        => "Send the whole body, uncompressed or in gzip, as the headers announce it.";
    BadParameter "bad_parameter" BAD_REQUEST "A parameter cannot be used"
        => "Correct the query parameter that `detail` names.";
    InvalidRequest "invalid_request" UNPROCESSABLE_ENTITY "The request has faults of several kinds"
        => "Correct every entry of `errors`.";
    MissingField "missing_field" UNPROCESSABLE_ENTITY "A field is missing"
        => "Add the field at `pointer`.";
    UnknownField "unknown_field" UNPROCESSABLE_ENTITY "A field is not known"
        => "Correct or leave out the field at `pointer`.";
    WrongType "wrong_type" UNPROCESSABLE_ENTITY "A value has the wrong type"
        => "Send the type that the fault at `pointer` asks for.";
    OutOfRange "out_of_range" UNPROCESSABLE_ENTITY "A value is out of range"
        => "Send a value within the range that the fault at `pointer` names.";
    DuplicateSeries "duplicate_series" UNPROCESSABLE_ENTITY "A series is asked for twice"
        => "List every series once.";
    UnknownSeries "unknown_series" NOT_FOUND "Unknown series"
        => "Ask for a series that the model knows (`GET /series?query=…`), or send its `history`.";
    HorizonTooLong "horizon_too_long" UNPROCESSABLE_ENTITY "The horizon is too long"
        => "Ask for at most the horizon that the model was trained for, or train for a longer one.";
    QuantileOutOfRange "quantile_out_of_range" UNPROCESSABLE_ENTITY "A quantile is beyond those calibrated"
        => "Ask for quantiles within the range that `detail` names, or train with others.";
    MissingFuture "missing_future" UNPROCESSABLE_ENTITY "A future value is missing"
        => "Send a row in `future` for every series and step, with every known-future column.";
    InvalidFuture "invalid_future" UNPROCESSABLE_ENTITY "The future rows cannot be used"
        => "Correct the rows that `errors` names.";
    InvalidHistory "invalid_history" UNPROCESSABLE_ENTITY "The history rows cannot be used"
        => "Correct the rows that `errors` names.";
    HistoryTooShort "history_too_short" UNPROCESSABLE_ENTITY "The history is too short"
        => "Send more rows of history for the series that `detail` names.";
    TooManySeries "too_many_series" UNPROCESSABLE_ENTITY "Too many series in one request"
        => "Split the request.";
    TooManyRows "too_many_rows" UNPROCESSABLE_ENTITY "Too many rows in one request"
        => "Split the request.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large"
        => "Split the request, or raise FORECAST_MAX_BODY_BYTES.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body has another media type"
        => "Send `content-type: application/json`.";
    NotFound "not_found" NOT_FOUND "There is nothing here"
        => "See `/docs` for the paths that exist.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This path does not know the method"
        => "Use a method that the `allow` header names.";
    NoModel "no_model" SERVICE_UNAVAILABLE "No model is loaded"
        => "Ask again after `retry-after` seconds; `detail` says why, and what its owner must do.";
    Draining "draining" SERVICE_UNAVAILABLE "The server is shutting down"
        => "Ask again: another server answers.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Too many requests at once"
        => "Ask again after `retry-after` seconds.";
    Internal "internal" INTERNAL_SERVER_ERROR "The server failed"
        => "Tell the service's owners the request id.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(*code));
        }
    }
}
