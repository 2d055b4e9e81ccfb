# 何时开放预订。
releases = 开放预订时间
releases-open = 已开放
no-releases = 目前没有定时开放的场地，空场都可直接预订。
release-daily = { $days ->
    [0] 当天 { $time } 开放预订。
   *[other] 提前 { $days } 天 { $time } 开放预订。
 }
release-once = 一次性开放：{ $moment }。
release-limit = 每人每个比赛日限 { $limit } 场。
release-counter = { $percent }% 仅在前台售卖。
release-opens = 开放时间
release-open = 已开放
release-where = 场地
release-now = 现在已开放。
pitch-count = { $count } 片场地
clock-slow = 您的时钟慢 { "{0}" } 秒，以我们的为准。
clock-fast = 您的时钟快 { "{0}" } 秒，以我们的为准。
