"""Names of private persons in running Chinese text, found by what stands around them (pure).

A name has no mark of its own: it is a surname and one or two characters that people are called by, after a word for a person
and before a word for what that person does. Words that look the same (安静, 高峰) are left.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Rule(NamedTuple):
    """What to cover. Only a text with one of `words` (none: every text), and with digits if `digits`, is searched: most are not."""

    pattern: re.Pattern[str]
    cover: str
    words: tuple[str, ...]
    digits: bool


def rule(pattern: str, cover: str, *words: str, digits: bool = False) -> Rule:
    return Rule(re.compile(pattern), cover, words, digits)


COMPOUND: Final = (
    "欧阳|上官|司马|诸葛|司徒|皇甫|尉迟|公孙|慕容|长孙|宇文|令狐|夏侯|淳于|端木|轩辕|闻人|申屠|呼延|独孤|澹台|赫连"
)
SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方俞任袁柳史唐费薛雷贺倪"
    "汤滕罗毕郝邬安常乐于傅皮卞齐康伍余顾孟黄穆萧尹姚邵汪祁毛狄米贝戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾路江童颜郭梅盛林刁钟徐邱"
    "骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘缪解应宗丁宣邓洪包左石崔吉龚程邢裴陆荣翁曲封储段侯仇甘厉武符刘景詹龙叶司黎白蒲邰赖卓屠池"
    "乔闻党翟谭劳申冉桂牛燕尚温庄晏柴瞿阎连习艾容向古易廖耿匡文寇欧沃聂曾关查游权闫肖代付岳覃蓝涂佟单卜仝苟辛巩敖邝冷"
)
GIVEN: Final = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛超霞平刚桂英华慧巧美雅芝玉萍红娥玲芬燕彩春菊兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉"
    "叶璧璐娅琦晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希"
    "宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思丽俊峰毅浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士"
    "建家致树炎德行时泰盛雄琛钧冠策腾榕航弘子轩宇涵梓浩然诺一诗雨涵琪可馨萱语彤雨桐思远俊熙皓宸瑞霖铭睿昊天佑博文逸凡明哲志坚国庆"
    "立成康星光世义兴良海山仁波义贵福生龙元全胜学祥才发武新利清飞彬富顺信昌成林有进友裕河哲江松柏乔森淼鑫焱垚凯豪恒健骏炜骥骁钰锋鸿"
    "润泓淳渊添耀煜烨煊炫尧舜禹丞承恩惠奕弈庭廷霆震寅宾寿岩岳峻嵩崇川洲沐沛汐淇滨潇漫瀚甜恬悠惜愉忆念想楠樱桃柳柯楷榆槿樾蔓蕾薪"
    "莹芮芊茹苒蓝蕴藜虎彪豹骞鹤鹰燕虹蝶蕙翠翎翊双喜乐安祺祯禄秀秋秉章端竣童笑绍继纪绮缘罡聿肖腊芃大小金银铁钢铜宝珠玺珂珈珺玥玮玲琪"
    "琳瑜瑾璇璟瓅畅略百皎相眸知石碧礼祎社禾程稷穆窈简米粟精素紫绪维绿老耕耘耿聆胤自舟艾花范荃莫营葵葛蒙蓬衡裴西见觉誉诚谊豫贤赞"
    "赫超越跃路辉达迅迎连逍逢逸遥道那郁采野铎镇长阳雷青靖非韬音韦顺颂风飒饶香马高魁默齐"
) - frozenset("行时之一有想见可发言大相自道长高路全连采非风那克致")
"""Characters children and grown-ups are called by; not those that also begin or end the words around a name."""
_WORDS: Final = (
    "安静|安宁|安康|康宁|高明|文明|文静|金星|金华|金银|黄金|白云|白雪|万安|华康|方正|乐园|安乐|平安|常青|江河|江山|江海|石林|石山|龙江|龙山"
    "|马尾|田园|田野|林森|毛利|米粟|童年|童星|古籍|向阳|武威|温和|温柔|温馨|项目|路政|路灯|费用|管理|应急|解放|任何|方便|于是|向来|党员|权利|权力|谢谢"
)
_G: Final = "".join(sorted(GIVEN))
_FAMILY: Final = rf"(?:{COMPOUND}|[{SURNAMES}])"
NAME: Final = rf"(?!{_WORDS})({_FAMILY})[{_G}]{{1,2}}"
"""A name that stands among other words."""
_NO_NAME: Final = rf"(?!{_WORDS}|[一-鿿]{{1,3}}[人市县区镇乡村员者师](?![一-鿿])|高中生|[村居市网农]民|[一-鿿]{{1,2}}某)"
LOOSE: Final = (
    rf"{_NO_NAME}({_FAMILY}(?!某)|[一-鿿](?=[一-鿿]{{1,7}}·[一-鿿]))(?:[一-鿿]{{1,3}}?|[一-鿿]{{1,7}}·[一-鿿]{{1,8}})"
)
"""A name that something ends which is no word: any characters may follow the surname, also 阿依古丽·买买提."""
_END: Final = r"(?=[，,。；;、：:（(\s！!）)/]|$)"
_CHILD: Final = r"学生|同学|孩子|小孩|男孩|女孩|男童|女童|幼童|幼儿|儿童|儿子|女儿|大儿子|小儿子|大女儿|小女儿|孙子|孙女|外孙|外孙女|侄子|侄女|弟弟|妹妹"
_PEOPLE: Final = (
    rf"{_CHILD}|市民|群众|居民|村民|业主|住户|租户|网民|家长|乘客|司机|员工|职工|工人|民工|患者|病人|伤者|死者|逝者|老人|父亲|母亲|丈夫|妻子"
    r"|爱人|老公|老婆|哥哥|姐姐|爷爷|奶奶|邻居|本人|来电人|投诉人|诉求人|反映人|举报人|报警人|求助人|信访人|来访人|来信人|写信人|申请人|咨询人"
    r"|联系人|当事人|受害人|监护人|户主|报料人|爆料人"
)
_DOES: Final = (
    r"(?=来电|致电|来信|来访|反映|称|说|表示|投诉|举报|求助|咨询|报警|要求|希望|建议|认为|在|被|遭|于|因|的|就读|上学|放学|放假|今年|现|是|从|到|去"
    r"|和|与|等|读|打|殴|推|踢|骂|欺|辱|敲诈|勒索|失踪|走失|溺|坠|受伤|死亡|遇难|患|住|家|与|给|电话|手机|身份证|[男女]|\d|[，,。；;、：:（(\s！!）)]|$)"
)
_GIVER: Final = "姓名|联系人|来电人|投诉人|诉求人|反映人|举报人|当事人"
"""Who is named after these words, whatever the name."""
_LABEL: Final = (
    rf"{_GIVER}|报警人|求助人|信访人|来访人|来信人|写信人|申请人|咨询人|户主|死者|患者|伤者|受害人"
    r"|监护人|家长|报料人|爆料人|发件人|收件人"
)
_CALLED: Final = rf"((?:我(?:{_PEOPLE})?|本(?:{_PEOPLE}|人)|{_PEOPLE}|他|她)(?:的?名字)?(?:是|叫|名叫|姓名[:：]?|[:：]))"  # 我叫, 孩子名叫, 她的名字叫
_AGE: Final = r"(?=[（(](?:男|女)?[性，,、]{0,2}\s*(?:现年|今年)?\d{1,2}(?:周?岁|个月)(?!以))"
_CLASSMATE: Final = r"^\W\d_a-zA-Z一二三四五六七八九十年级班中小校学生位名些多少数的被"
"""Characters of a given name before 同学: not those of 高三同学, 于是有些同学."""

RULES: Final = (
    rule(rf"((?:{_LABEL})(?:姓名)?[:：]\s*){LOOSE}(?![一-鿿])", r"\1\2某", ":", "："),
    rule(rf"((?:{_GIVER})(?:姓名)?[:：]\s*)([一-鿿])[一-鿿·]{{1,3}}(?![一-鿿])", r"\1\2某", ":", "："),
    rule(rf"((?:{_LABEL})(?:姓名)?\s*(?:[:：]|是|为|叫)\s*){NAME}{_DOES}", r"\1\2某"),
    rule(rf"{_CALLED}{LOOSE}(?=[，,。；;、（(\s！!]|$)", r"\1\2某", "是", "叫", ":", "："),
    rule(rf"(姓[{SURNAMES}][，,、\s]*名)[一-鿿]{{1,2}}{_END}", r"\1某", "姓"),
    rule(rf"(^|[^一-鿿]|{_CHILD}){LOOSE}{_AGE}", r"\1\2某", "岁", "个月"),
    rule(rf"(^|[，,。；;：:（(、\s]){LOOSE}(?=[，,、（(]\s*[男女](?:[，,、）)。]|性))", r"\1\2某", "男", "女"),
    rule(rf"((?:{_PEOPLE})(?:姓名)?\s?){NAME}{_DOES}", r"\1\2某"),
    rule(rf"(^|[^一-鿿]|{_CHILD})({_FAMILY})[{_CLASSMATE}]{{1,2}}(同学|小朋友)", r"\1\2某\3", "同学", "小朋友"),
    rule(rf"(^|[班级校院园]){NAME}(同学|小朋友)", r"\1\2某\3", "同学", "小朋友"),
)
"""Before the cover stays what stands before, and the surname."""


def family(name: str) -> str:
    """The part of a person's name that may be shown: 欧阳 of 欧阳丽华, 王 of 王小明; "" of ""."""
    bare = name.strip()
    found = re.match(COMPOUND, bare)
    return found[0] if found and len(bare) > len(found[0]) else bare[:1]
