"""Words of coming in: login, second factor, invitation, my account, the demo: key → (Chinese, English)."""

from __future__ import annotations

Pairs = dict[str, tuple[str, str]]

FRAME: Pairs = {
    "nav.pages": ("页面", "Pages"),
    "nav.map": ("地图", "Map"),
    "nav.people": ("账号", "People"),
    "nav.screens": ("大屏", "Screens"),
    "nav.programmes": ("节目单", "Programmes"),
    "nav.feeds": ("接入系统", "Connected systems"),
    "nav.rights": ("权限表", "Rights"),
    "nav.audit": ("审计", "Audit"),
    "nav.alerts": ("告警记录", "Alerts"),
    "nav.demo": ("换角色", "Other roles"),
    "nav.sign_out": ("退出", "Sign out"),
    "nav.back": ("返回我的账号", "Back to my account"),
    "form.wrong": ("没有完成。", "This was not done."),
    "form.colon": ("：", ": "),
    "form.optional": ("选填", "optional"),
    "missing.title": ("没有找到这个页面", "This page does not exist"),
    "missing.why": (
        "地址可能有误，或者这个页面不对您开放。",
        "The address may be wrong, or the page may not be meant for you.",
    ),
    "missing.home": ("返回首页", "Go to the start"),
    "far.title": ("此大屏链接已失效", "This screen's link does not work any more"),
    "far.why": ("请值班长或管理员重新生成链接", "Ask the shift leader or an administrator for a new one"),
}

LOGIN: Pairs = {
    "login.title": ("登录", "Sign in"),
    "login.lead": ("使用您自己的账号，请勿共用。", "With an account of your own; never share one."),
    "login.login": ("登录名", "Login"),
    "login.password": ("密码", "Password"),
    "login.submit": ("登录", "Sign in"),
    "login.or": ("或", "or"),
    "login.oidc.failed": (
        "统一身份认证没有完成，请重试；仍不成功请联系管理员。",
        "Single sign-on did not work. Try again; if it still fails, ask an administrator.",
    ),
    "login.demo": ("进入演示", "Try the demo"),
    "login.demo.note": ("选择一个角色，无需密码", "Pick a role, no password needed"),
    "login.help": (
        "忘记密码或没有账号？请联系管理员，由其发送一次性邀请链接。",
        "No account, or password forgotten? An administrator can send you a one-time link.",
    ),
    "code.title": ("动态验证码", "Verification code"),
    "code.lead": (
        "{login}：请输入验证器应用中显示的 6 位数字。",
        "{login}: enter the 6 digits that your authenticator app shows.",
    ),
    "code.code": ("验证码", "Code"),
    "code.submit": ("继续", "Continue"),
    "code.back": ("重新登录", "Start again"),
    "code.help": ("手机丢失请联系管理员重置。", "Lost your phone? An administrator can reset this."),
    "code.late": (
        "上一个二维码已过期，请扫描新的二维码。",
        "The last QR code has expired. Please scan the new one.",
    ),
    "factor.title": ("两步验证", "Second factor"),
    "factor.required": (
        "您的账号需要两步验证，设置一次即可。",
        "Your account needs a second factor. You set it up once.",
    ),
    "factor.lead": (
        "登录时除密码外，还需输入手机上的动态验证码。",
        "Signing in then takes your password and a code from your phone.",
    ),
    "factor.replaces": (
        "设置后，旧的验证器不再有效。",
        "Once this is set up, the old authenticator no longer works.",
    ),
    "factor.step.app": (
        "在手机上安装任意一款验证器应用（TOTP）。",
        "Install any authenticator app (TOTP) on your phone.",
    ),
    "factor.step.scan": ("用它扫描二维码。", "Scan this QR code with it."),
    "factor.step.code": ("输入应用显示的 6 位数字。", "Enter the 6 digits that it shows."),
    "factor.qr": ("两步验证的二维码", "QR code of the second factor"),
    "factor.by_hand": ("无法扫描时，手动输入：", "If you cannot scan it, type this:"),
    "factor.submit": ("启用两步验证", "Turn it on"),
    "welcome.title": ("设置密码", "Set your password"),
    "welcome.lead": (
        "这是登录名 {login} 的一次性链接，设置密码后即失效。",
        "A one-time link for the login {login}; it ends once the password is set.",
    ),
    "welcome.password": ("新密码", "New password"),
    "welcome.again": ("再次输入新密码", "New password again"),
    "welcome.rules": (
        "至少 {n} 个字符，越长越好；不要用姓名、登录名或常见密码。一句好记的话就很合适。",
        "At least {n} characters, the longer the better; no names, login or common words. A sentence does well.",
    ),
    "welcome.submit": ("设置密码并登录", "Set password and sign in"),
    "welcome.until": ("链接有效期至 {time}。", "The link is valid until {time}."),
    "welcome.gone": ("此链接无效", "This link is not valid"),
    "welcome.gone.why": (
        "链接只能使用一次，并且会过期。请联系管理员重新发送。",
        "It works only once and for a limited time. Ask an administrator for a new one.",
    ),
}

ACCOUNT: Pairs = {
    "account.title": ("我的账号", "My account"),
    "account.login": ("登录名 {login}", "Login {login}"),
    "account.who": ("角色与权限", "Roles and rights"),
    "account.rights": ("可以", "May"),
    "account.acts": ("可办理", "Steps on events"),
    "account.acts.none": ("不办理事件", "none"),
    "account.factor.on": ("已启用，登录时需要手机验证码。", "On: signing in takes a code from your phone."),
    "account.factor.off": (
        "未启用。建议启用：密码泄露时账号仍然安全。",
        "Off. Turn it on: it protects you even when your password leaks.",
    ),
    "account.factor.required": ("您的角色要求启用。", "Your role requires it."),
    "account.factor.set": ("启用两步验证", "Set up a second factor"),
    "account.factor.renew": ("更换验证器", "Change authenticator"),
    "account.factor.done": ("两步验证已启用。", "Your second factor is on."),
    "account.password": ("修改密码", "Change password"),
    "account.password.old": ("当前密码", "Current password"),
    "account.password.submit": ("修改密码", "Change password"),
    "account.password.done": (
        "密码已修改，其他设备上的登录已全部退出。",
        "Your password was changed; all other sessions were ended.",
    ),
    "account.sessions": ("已登录的设备", "Where you are signed in"),
    "account.since": ("登录时间", "Since"),
    "account.address": ("网络地址", "Address"),
    "account.agent": ("浏览器", "Browser"),
    "account.this": ("当前设备", "this one"),
    "account.end": ("结束", "End"),
    "account.session.done": ("该登录已结束。", "That session was ended."),
    "account.everywhere": ("退出所有设备", "Sign out everywhere"),
}

DEMO: Pairs = {
    "demo.title": ("选择角色，进入演示城市", "Pick a role and step into the demo city"),
    "demo.lead": (
        "同一座城市，每个角色看到的、能做的各不相同。无需密码，可随时回到这里换一个角色。",
        "One city, and every role sees and does something else. No password; come back here to try another one.",
    ),
    "demo.invented": (
        "地点、单位、事件和数字全部虚构，由模拟器实时生成。",
        "Every place, unit, event and figure is invented, made live by a simulator.",
    ),
    "demo.others": ("其他角色", "The other roles"),
    "demo.enter": ("以“{role}”进入{area}", "Enter {area} as {role}"),
    "demo.how": (
        "按钮是该角色的管辖范围：选得越小，看到的越少。仅演示城市有此页面，正式城市须登录。"
        "选中一个事件，右侧列出该角色此刻能做的操作。",
        "The buttons are the role's jurisdiction: the smaller it is, the less it sees. "
        "Only a demo city has this page; a real one asks everybody to sign in. "
        "Select an event: its card lists what this role may do with it now.",
    ),
    "demo.unknown": ("没有这个角色或区域，请重新选择。", "There is no such role or area. Please pick again."),
}

DECLINED: Pairs = {
    "declined.view_name": ("名称须为 1 到 {n} 个字。", "A name has 1 to {n} characters."),
    "declined.view_address": ("只有队列的视图可以保存。", "Only a view of the queue can be saved."),
    "declined.views_many": ("最多保存 {n} 个视图，请先删除一个。", "At most {n} views: delete one first."),
    "declined.wrong_login": (
        "登录名或密码不正确。多次失败后账号会暂时锁定，最长 {n} 分钟。",
        "Login or password is wrong. After several failures an account is locked for up to {n} minutes.",
    ),
    "declined.unknown_federated": (
        "您的身份已确认，但这里没有对应的账号。请联系管理员。",
        "We know who you are, but there is no account for you here. Ask an administrator.",
    ),
    "declined.wrong_code": (
        "验证码不正确或已用过，请输入最新的 6 位数字。",
        "The code is wrong or was used before. Enter the newest 6 digits.",
    ),
    "declined.wrong_password": ("当前密码不正确。", "The current password is wrong."),
    "declined.password_short": ("密码至少 {n} 个字符。", "A password has at least {n} characters."),
    "declined.password_long": ("密码最多 {n} 个字符。", "A password has at most {n} characters."),
    "declined.password_weak": (
        "这个密码太容易猜到，请换一个更长或更少见的。",
        "This password is too easy to guess. Take a longer or a less common one.",
    ),
    "declined.passwords_differ": ("两次输入的密码不一致。", "The two passwords differ."),
    "declined.link_used": ("链接已使用或已失效。", "The link was used or has ended."),
    "declined.login_form": (
        "登录名为 2 至 64 个字符：小写字母、数字和 . _ @ -，以字母或数字开头。",
        "A login has 2 to 64 characters: a to z, digits and . _ @ -, and begins with a letter or digit.",
    ),
    "declined.login_taken": ("登录名“{value}”已被使用。", "The login “{value}” is taken."),
    "declined.unknown_account": ("没有账号“{value}”。", "There is no account “{value}”."),
    "declined.areas_missing": ("请填写 1 至 {n} 个区域编码。", "Give 1 to {n} codes of areas."),
    "declined.unknown_area": (
        "“{value}”不是您管辖范围内的区域编码。",
        "“{value}” is not the code of an area within your jurisdiction.",
    ),
    "declined.screen_page": ("一块大屏显示一个区域的一种页面。", "A screen shows one page of exactly one area."),
    "declined.scopes_missing": ("请至少选择一项用途。", "Tick at least one scope."),
    "declined.systems_form": (
        "来源系统名称最多 32 个可见字符。",
        "The name of a source system has at most 32 visible characters.",
    ),
    "declined.roles_missing": ("请至少选择一个角色。", "Tick at least one role."),
    "declined.roles_alone": ("大屏和接入系统不能兼任其他角色。", "A screen or a connected system has no other role."),
    "declined.kind_fixed": ("账号的类型不能更改。", "What kind of account it is cannot be changed."),
    "declined.not_oneself": (
        "不能更改自己的角色和区域，也不能停用自己的账号。",
        "Nobody changes their own roles or areas, or ends their own account.",
    ),
    "declined.unknown_token": ("该登录已经结束。", "That session has ended already."),
    "declined.date_form": ("请填写日期，例如 2026-11-21。", "Give a day such as 2026-11-21."),
}

WORDS: Pairs = {**FRAME, **LOGIN, **ACCOUNT, **DEMO, **DECLINED}
