# 每个页面共有的文字。
site-name = 开场
skip = 跳到正文
nav-label = 主导航
nav-home = 首页
nav-find = 找场
nav-bookings = 我的预订
nav-me = 我的
languages = 语言
api-docs = 开发者接口
rehearsal = 演练环境：此处的预订均无效。
no-connection = 网络已断开，所见内容可能不是最新。
page-title = { $page } · 开场
nav-sign-in = 登录
