//! The names of all problems, with their status and texts. One table, in the order in which they are judged.

use axum::http::StatusCode;

use super::text::Text;

macro_rules! problems {
    ($($variant:ident, $name:literal, $status:ident, $title:expr, $title_zh:expr, $detail:expr, $detail_zh:expr;)*) => {
        /// A problem's name: the end of its `type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemName {
            $($variant,)*
        }

        impl ProblemName {
            /// All of them, in the order in which they are judged.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            #[must_use]
            pub const fn title(self) -> Text {
                match self { $(Self::$variant => Text::fixed($title, $title_zh),)* }
            }

            #[must_use]
            pub const fn detail(self) -> Text {
                match self { $(Self::$variant => Text::fixed($detail, $detail_zh),)* }
            }
        }
    };
}

problems! {
    PayloadTooLarge, "payload-too-large", PAYLOAD_TOO_LARGE, "Too much data", "数据过大",
        "The request's body is larger than what is taken here.", "请求内容超过了允许的大小。";
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Not JSON", "不支持的内容类型",
        "The request's body must be application/json in UTF-8.", "请求内容必须是 UTF-8 编码的 application/json。";
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed", "不允许的请求方法",
        "This address doesn't take this method; Allow says which it takes.",
        "此地址不接受该请求方法,可用的方法见 Allow。";
    Overloaded, "overloaded", SERVICE_UNAVAILABLE, "Too busy", "系统繁忙",
        "Too much is under way. Nothing was changed; try again shortly.", "当前请求过多,未作任何更改,请稍后再试。";
    RateLimited, "rate-limited", TOO_MANY_REQUESTS, "Too many requests", "请求过于频繁",
        "There were too many requests in a short time. Wait, then try again.", "短时间内请求过多,请稍候再试。";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "Not signed in", "未登录",
        "There is no valid token, or the phone number or the password is wrong.", "登录凭证无效,或手机号、密码有误。";
    InvalidRequest, "invalid-request", BAD_REQUEST, "Invalid request", "请求无效",
        "The request can't be understood; errors says where.", "请求有误,具体位置见 errors。";
    Forbidden, "forbidden", FORBIDDEN, "Not allowed", "没有权限",
        "This account may not do this.", "此账号无权执行该操作。";
    NotFound, "not-found", NOT_FOUND, "Not found", "未找到",
        "There is no such thing, or it is not yours.", "该内容不存在,或不属于您。";
    IdempotencyMismatch, "idempotency-mismatch", UNPROCESSABLE_ENTITY, "Key used for another request",
        "幂等键已用于其他请求",
        "This Idempotency-Key came with another body before.", "此 Idempotency-Key 已随另一请求内容使用过。";
    SlotClosed, "slot-closed", CONFLICT, "Closed", "该时段不开放",
        "The pitch is closed at that time, or the time has begun.", "该场地在此时段不开放,或时段已经开始。";
    NotReleased, "not-released", TOO_EARLY, "Not released yet", "尚未开放预订",
        "This time opens for booking later; releases_at says when.", "该时段尚未开放预订,开放时间见 releases_at。";
    NotEntitled, "not-entitled", FORBIDDEN, "Not for you", "不符合预订条件",
        "This release is for others; lacks says what is missing. A front desk can verify it.",
        "本次放号有预订条件,所缺条件见 lacks。可到场馆前台核验。";
    TooEarly, "too-early", TOO_EARLY, "Too early", "时间未到",
        "The ticket is not valid yet.", "该凭证尚未生效。";
    SlotTaken, "slot-taken", CONFLICT, "Taken", "已被预订",
        "Somebody else has this time, or a part of it.", "该时段的全部或部分已被他人预订。";
    SoldOut, "sold-out", CONFLICT, "Sold out", "已售罄",
        "There are no places left.", "名额已满。";
    QuotaExceeded, "quota-exceeded", FORBIDDEN, "Limit reached", "已达上限",
        "You have booked as much as one resident may.", "您的预订数量已达个人上限。";
    InsufficientFunds, "insufficient-funds", PAYMENT_REQUIRED, "Not enough money", "余额不足",
        "The wallet holds less than the price.", "钱包余额低于应付金额。";
    HoldExpired, "hold-expired", GONE, "Hold expired", "保留已过期",
        "The hold was not confirmed in time.", "未在时限内确认,保留已失效。";
    TooLate, "too-late", CONFLICT, "Too late", "已超过时限",
        "The time until which this was possible is over.", "已超过可办理的时限。";
    AlreadyCancelled, "already-cancelled", CONFLICT, "Already cancelled", "已取消",
        "This booking was cancelled before.", "该预订此前已取消。";
    AlreadyUsed, "already-used", CONFLICT, "Already used", "已使用",
        "This ticket was used before.", "该凭证此前已使用。";
    PhoneTaken, "phone-taken", CONFLICT, "Phone number taken", "手机号已注册",
        "There is an account with this phone number.", "该手机号已注册账号。";
    TicketInvalid, "ticket-invalid", UNPROCESSABLE_ENTITY, "Not a ticket", "凭证无效",
        "This is no ticket of this city.", "这不是本市的有效凭证。";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Our fault", "系统错误",
        "Something went wrong on our side. The request id helps us to find it.",
        "系统出现问题,请求编号可帮助我们查找原因。";
}

impl ProblemName {
    /// The problem of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again_and_statuses_are_errors() {
        for name in ProblemName::ALL {
            assert_eq!(ProblemName::parse(name.as_str()), Some(*name));
            assert!(name.status().is_client_error() || name.status().is_server_error());
        }
        assert_eq!(ProblemName::ALL.len(), 25);
        assert_eq!(ProblemName::parse("nonsense"), None);
    }
}
