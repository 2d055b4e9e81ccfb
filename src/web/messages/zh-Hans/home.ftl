# 首页。
home-heading = 预订场地
next-booking = 下一场
pay-hold = 到期前付款
whole-city = 全市
free-tonight = 今晚空场
free-on = { $day } 晚上空场
where = 地区
near-me = 离我近
near-refused = 无法得知您的位置，请选择地区。
only-elsewhere = 您所在的区此时没有空场，以下为其他区。
nothing-free = 可预订的晚上都没有空场，可以看看其他时段。
find-more = 其他时间和场馆
opens-next = 即将开放
from-price = { $price } 起
all-times = 全部
all-times-at = { $venue }的全部时段
slot-more = ，到 { $to }，空闲，{ $place }
