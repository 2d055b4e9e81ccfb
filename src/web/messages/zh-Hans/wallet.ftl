# 钱包。
wallet = 钱包
top-up = 充值
topped-up = { $amount } 已到钱包。
entries = 明细
no-entries = 还没有明细。
entry-opening = 期初余额
entry-top-up = 充值
entry-booking = 预订
entry-refund = 退款
