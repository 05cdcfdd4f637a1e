"""Chinese words for codes, and Beijing time. One concept, one word: board, cards, replies and reports all read here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
UNKNOWN = "不详"
NO_DATA = "无数据"

STATUS: Mapping[str, str] = {
    "detected": "发现",
    "verifying": "核实",
    "assessing": "研判",
    "assigned": "交办",
    "responding": "回应处置",
    "sustaining": "持续发布",
    "observing": "平息观察",
    "evaluating": "评估",
    "archived": "已归档",
    "dismissed": "已排除",
    "merged": "已并案",
    "transferred": "已移交",
}
LEVELS: Mapping[str, str] = {
    "especially_major": "特别重大",
    "major": "重大",
    "significant": "较大",
    "general": "一般",
    "unknown": "未定级",
}
CLOCK_STATES: Mapping[str, str] = {
    "pending": "计时中",
    "met": "按时",
    "met_late": "超时办理",
    "overdue": "已超时",
    "superseded": "已被替代",
    "waived": "已免除",
    "other_outcome": "另有结论",
}
TRACKS: Mapping[str, str] = {"public": "对外发布", "upward": "信息报送", "internal": "内部办理", "service": "办理答复"}
STARTS: Mapping[str, str] = {
    "occurred_at": "事发",
    "first_public_at": "首次传播",
    "detected_at": "监测发现",
    "reported_at": "接报",
    "recognised_at": "认定应回应",
    "alarmed_at": "发出提醒",
    "urgent_at": "转为紧急",
    "assigned_at": "交办",
    "returned_at": "退回",
    "last_release_at": "上次发布",
    "petition_at": "收到信访事项",
    "disclosure_at": "收到公开申请",
    "hotline_at": "收到工单",
    "opened_at": "立案",
}
START_SOURCES: Mapping[str, str] = {
    "system": "系统监测",
    "feed": "来源所载",
    "text": "原文自述",
    "officer": "人员登记",
    "order": "交办记录",
    "register": "发布登记",
    "report": "接报记录",
    "hotline": "热线工单",
}
EVENT_KINDS: Mapping[str, str] = {
    "opened": "立案",
    "joined": "并入线索",
    "alarmed": "发出提醒",
    "figure": "登记人数",
    "classified": "归类",
    "suggested": "建议等级",
    "acknowledged": "收到",
    "leader_told": "电话报告带班领导",
    "verified": "核实",
    "recognised": "认定应回应",
    "not_public": "线下办理、不公开回应",
    "graded": "定级",
    "opinion_suggested": "建议舆情等级",
    "opinion_graded": "认定舆情等级",
    "start_set": "更正起算时间",
    "assigned": "交办",
    "signed": "签收",
    "returned": "退回",
    "arbitrated": "裁定牵头",
    "evidence": "登记凭据",
    "duty": "登记办理事项",
    "extended": "批准延期",
    "proposed": "提请复核",
    "seconded": "复核",
    "attested": "登记审签",
    "noted": "记录",
    "explained": "说明逾期原因",
    "outcome": "另有结论",
    "waived": "免除时限",
    "excluded": "排除",
    "exclusion_confirmed": "确认排除",
    "changed": "情况有变",
    "closed": "办结，转入观察",
    "reopened": "重新处置",
    "merged": "并案",
    "split": "拆分",
    "archived": "归档",
    "clock_armed": "开始计时",
    "clock_moved": "时限随起算更正",
    "clock_firm": "时限依据确定",
    "clock_met": "时限已办理",
    "clock_overdue": "时限届满",
    "clock_superseded": "时限被替代",
    "notified": "消息送达",
    "unit_suggested": "建议承办单位",
}
ROLES: Mapping[str, str] = {
    "duty_officer": "值班员",
    "deputy_duty": "副班",
    "duty_leader": "带班领导",
    "unit_liaison": "单位舆情联络员",
    "unit_head": "单位负责人",
    "deputy_in_charge": "分管领导",
    "principal": "主要负责人",
    "press_office": "新闻办",
    "arbiter": "裁定人",
    "approver": "审定人",
    "admin": "系统管理员",
    "system": "系统",
    "feed": "监测来源",
}
VERIFY_RESULTS: Mapping[str, str] = {
    "true": "属实",
    "partly": "部分属实",
    "false": "不实",
    "unverifiable": "无法核实",
}
SERVICES: Mapping[str, str] = {
    "petition_notified": "信访告知",
    "petition_settled": "信访办结",
    "disclosure_answered": "公开答复",
    "hotline_accepted": "工单受理",
    "hotline_settled": "工单办结",
    "hotline_answered": "工单答复",
}
EVIDENCE_KINDS: Mapping[str, str] = {
    **SERVICES,
    "authoritative_info": "权威信息",
    "press_conference": "新闻发布会",
    "press_briefing": "吹风会",
    "media_briefing": "媒体通气会",
    "media_interview": "接受采访",
    "qa_release": "答记者问",
    "online_interview": "在线访谈",
    "expert_piece": "专家解读",
    "policy_qa": "政策问答",
    "online_reply": "网上回应",
    "hotline_reply": "热线答复",
    "rolling_release": "滚动发布",
    "brief_info": "简要信息",
    "upward_reported": "信息报送",
    "upward_written": "书面报送",
    "upward_report": "信息报送",
}
EXCLUSION_REASONS: Mapping[str, str] = {
    "not_local": "非本地",
    "old_news": "旧闻",
    "untrue": "不属实",
    "duplicate": "重复",
    "unrelated": "无关",
    "drill_over": "演练结束",
}
GATES: Mapping[str, str] = {
    "consult": "会商",
    "countersign": "会签",
    "secrecy": "保密审查",
    "approval": "审定",
}
DISPOSITIONS: Mapping[str, str] = {
    "constructive": "建设性意见建议",
    "hardship": "实际困难",
    "major_problem": "重大问题",
    "unaware": "不了解情况、模糊认识",
    "mistaken": "错误看法",
    "false_info": "虚假和不实信息",
}
OUTCOMES: Mapping[str, str] = {
    "superior_release": "上级统一发布",
    "other_form": "以其他形式发布",
    "not_public": "线下办理、不公开回应",
    "waived": "免除",
    "regrade": "等级变化，由新时限替代",
    "no_longer_due": "前提已不存在",
    "dismissed": "事件已排除",
    "merged": "事件已并案",
    "transferred": "事件已移交",
    "archived": "事件已归档",
}
REGISTER_FIELDS: Mapping[str, str] = {
    "original_content": "信息原始内容",
    "publishing_unit": "发布单位",
    "reviewer": "审核人",
    "publisher": "发布人员",
    "published_at": "发布时间",
    "channel": "发布渠道",
}
REGISTER_WORDS: Mapping[str, str] = {
    "发布单位": "publishing_unit",
    "单位": "publishing_unit",
    "审核人": "reviewer",
    "审核": "reviewer",
    "发布人员": "publisher",
    "发布人": "publisher",
    "发布渠道": "channel",
    "渠道": "channel",
}
METRICS: Mapping[str, str] = {
    "deaths": "遇难",
    "missing": "失联",
    "trapped": "被困",
    "injured": "受伤",
    "seriously_injured": "重伤",
    "serious": "重伤",
    "poisoned": "中毒",
    "evacuated": "转移",
    "rescued": "获救",
    "threatened": "受威胁",
    "participants": "聚集",
    "loss": "直接经济损失",
}
STANDINGS: Mapping[str, str] = {"net": "网传", "reported": "接报", "confirmed": "核定"}
NOTES: Mapping[str, str] = {
    "note": "说明",
    "late_entry": "补记",
    "phoned": "电话报告",
    "referral": "移送",
    "talking_points": "口径",
    "old_rumour": "疑为旧谣新传",
    "likely_same": "疑为同一事",
    "merged_from": "并入本件",
    "followup": "续报",
    "unmasked": "查看原文",
    "erased": "清除个人信息",
    "attachment": "附件",
    "recalled": "撤回消息",
}
MESSAGE_STATES: Mapping[str, str] = {
    "pending": "待发",
    "sending": "发送中",
    "unknown": "结果不明，重发中",
    "sent": "已送达",
    "seen": "已收到",
    "failed": "发送失败",
    "merged": "已并入后一条",
    "cancelled": "不再需要，已撤下",
}
CARDS: Mapping[str, str] = {
    "first": "首次提醒",
    "first_quiet": "首次提醒",
    "regraded": "等级变化",
    "urgent": "转为紧急",
    "changed": "情况有变",
    "latent": "时限预置",
    "unread": "催收到",
    "verify": "催核实",
    "upward": "催报送",
    "assigned": "交办",
    "sign": "催签收",
    "returned": "退回通知",
    "arbitrate": "请裁定",
    "arbitrated": "裁定通知",
    "exclusion": "请确认排除",
    "second": "请复核",
    "continue": "催滚动发布",
    "met": "时限已办理",
    "half": "时限预警",
    "countdown": "时限预警",
    "last": "最后预警",
    "overdue": "超时提醒",
    "state": "现状",
    "reply": "应答",
    "update": "更新卡片",
    "neutral": "提示卡片",
    "group": "群内通气",
    "chat": "协同群通气",
    "bot": "机器人消息",
    "mail": "邮件提醒",
    "voice": "电话短信",
    "file": "文件",
    "desk": "值班事务",
}
WAYS: Mapping[str, str] = {
    "group": "群机器人",
    "chat": "应用群聊",
    "bot": "智能机器人",
    "mail": "邮件",
    "voice": "短信语音网关",
}
"""Channel of a message by its kind; every other kind is an app message."""
TRIED: Mapping[str, str] = {"sent": "送达", "pending": "未成，再试", "unknown": "没有应答", "failed": "未成"}
ALARM_REASONS: Mapping[str, str] = {
    "forced": "值班报告或热线来电，即时提醒",
    "categories_at_once": "此类事件即时提醒",
    "alarm_at": "达到提醒分值",
    "digest_items": "多条相近内容",
    "digest_platforms": "多个平台出现",
    "attention_days": "多人连续多日反映，转为关注",
    "accelerate_items": "突然升温",
    "split": "人工拆分",
    "immediate": "即时提醒",
    "drill": "演练",
}
STUCK: Mapping[str, str] = {
    "unread": "未点收到",
    "unverified": "核实",
    "unassigned": "交办",
    "unsigned": "签收",
    "reassign": "另行交办",
    "returned": "裁定牵头",
    "countersign": "会签",
    "secrecy": "保密审查",
    "approval": "审定",
    "release": "发布登记",
    "second": "复核",
}
STUCK_WHO: Mapping[str, str] = {"duty_officer": "值班员", "arbiter": "裁定人", "second": "第二人"}
"""Who a matter waits for, where it is not a unit."""


def beijing(at: datetime, now: datetime | None = None) -> str:
    """``02:24`` on the same Beijing day as `now`, ``11月22日 02:24`` on another, with the year in another year.

    Without `now` the day is always given.
    """
    local = at.astimezone(BEIJING)
    clock = f"{local:%H:%M}"
    if now is None:
        return f"{local.month}月{local.day}日 {clock}"
    today = now.astimezone(BEIJING)
    if local.date() == today.date():
        return clock
    year = "" if local.year == today.year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {clock}"


def deadline(at: datetime, now: datetime | None = None) -> str:
    """A due time as officials write it: one at midnight is 24:00 of the day before."""
    local = at.astimezone(BEIJING)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return beijing(at, now)
    return beijing(at - timedelta(minutes=1), now).replace("23:59", "24:00")


def stamp(at: datetime) -> str:
    """``11-22 02:24``: a column of times."""
    return f"{at.astimezone(BEIJING):%m-%d %H:%M}"


def full(at: datetime) -> str:
    """``2026年11月22日 02:24``: a time in an official paper."""
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def day(at: datetime) -> str:
    """``2026年11月22日``."""
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def span(delta: timedelta) -> str:
    """``2小时30分``, ``18分钟``, ``3天4小时``, ``不足1分钟``; the sign is left to the caller."""
    minutes = abs(int(delta.total_seconds())) // 60
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不足1分钟"
