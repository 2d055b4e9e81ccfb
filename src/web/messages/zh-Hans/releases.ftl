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
release-returned = 退回的场次将在 { $minutes } 分钟内的随机时刻重新开放。
who-real-name = 限已在前台实名核验的市民。
who-age-from = 限使用当年年满 { $count } 岁及以上。
who-age-to = 限使用当年不超过 { $count } 岁。
who-districts = 限户籍登记在：{ $list }。
who-concessions = 限：{ $list }。
who-household = 每个家庭每个比赛日合计限 { $count } 场。
who-party = 每次预订最多 { $count } 人同行。
concession-student = 学生
concession-senior = 长者
concession-disabled = 残障人士
concession-low-income = 低收入人士
concession-veteran = 退役军人
concession-large-family = 多子女家庭
release-opens = 开放时间
release-open = 已开放
release-where = 场地
release-now = 现在已开放。
pitch-count = { $count } 片场地
clock-slow = 您的时钟慢 { "{0}" } 秒，以我们的为准。
clock-fast = 您的时钟快 { "{0}" } 秒，以我们的为准。
# 开放预订的结果。
report = 公开报告
report-of = 公开报告：{ $name }
report-days = 使用日期 { $first } 至 { $last }，截至 { $moment }。
report-day = 使用日期 { $day }，截至 { $moment }。
report-not-open = 尚未开放。
report-opened = { $moment } 开放。
report-sold-out = { $time }后订完。
report-seconds = { $seconds } 秒
report-left = 剩余 { $percent }%。
report-bookings = 预订
report-residents = 市民
report-sold = 已订
report-returned = 取消
report-within = 预订速度
report-after = 开放后
report-booked = 累计预订
report-by-bookings = 每人预订数
report-each = 预订数
report-each-residents = 人数
report-again = { $count ->
    [0] 其中没有人在此前 { $days } 天内订到过定时开放的场地。
   *[other] 其中 { $count } 人在此前 { $days } 天内也订到过定时开放的场地。
 }
report-districts = 区域
report-share = 占比
report-refused = 未订到的原因
report-refused-hint = 自 { $moment } 起被拒绝的请求数，同一人可能多次请求。
report-nobody-refused = 没有请求被拒绝。
report-reason = 原因
report-count = 次数
report-waits = 排队等候
report-waits-hint = 共 { $came } 人次排队，其中 { $early } 人次在开放前到达；已轮到 { $turns } 人次。
report-wait = 已轮到者
report-wait-time = 等候时间
report-wait-median = 半数不超过
report-wait-ninety = 九成不超过
report-wait-longest = 最长
report-draw = 抽签
report-draw-told = 共 { $entries } 份登记，中签 { $won } 份。任何人都可以重新验证抽签。
report-draw-file = 抽签文件
report-check = 以数据格式查看
