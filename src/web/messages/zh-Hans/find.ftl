# 找场。
search = 查找
search-text = 场馆、道路、地区
any-sport = 所有项目
any-time = 所有时间
any-name = 不限名称
next-day = 后一天
from-time = { $time } 以后
found = { $count ->
    [0] { $day } 没有空场
   *[other] { $day }，{ $count } 个场馆有空场
 }
nothing-fits = 没有同时满足的空场。放宽一个条件：
loosen = { $what }：{ $count } 个场馆
show-more = 显示更多
