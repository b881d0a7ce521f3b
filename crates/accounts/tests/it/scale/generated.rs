//! Names made up from parts, always the same for the same number.

use keynode_kit::call::TenantId;

const PLACES: &[&str] = &[
    "上海", "北京", "江苏", "浙江", "广东", "深圳", "山东", "安徽", "四川", "湖北", "河南", "福建",
    "杭州", "苏州", "宁波", "武汉", "成都", "西安", "青岛", "大连", "", "", "", "",
];
const TRADES: &[&str] = &[
    "科技",
    "机械",
    "电子",
    "化工",
    "重工",
    "材料",
    "能源",
    "电力设备",
    "环保",
    "生物医药",
    "汽车零部件",
    "信息技术",
    "智能装备",
    "建设",
    "食品",
    "纺织",
    "物流",
    "软件",
    "钢铁",
    "仪表",
];
const FORMS: &[&str] = &["有限公司", "股份有限公司", "有限责任公司", "(集团)有限公司"];
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗";
const SYLLABLES: &[&str] = &[
    "tor", "vel", "mak", "ren", "sil", "dan", "kor", "ber", "lun", "fax", "mir", "zol",
];
const WESTERN_TRADES: &[&str] = &["Engineering", "Systems", "Chemicals", "Energy", "Trading"];
/// One name in so many is Western.
const WESTERN: u64 = 10;

/// A record that was made up.
pub struct Generated {
    pub text: String,
    /// What somebody would type for it.
    pub short: String,
    /// The pieces by which matching finds it.
    pieces: Vec<String>,
}

/// Numbers that look random (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[(self.roll() % from.len() as u64) as usize]
    }

    /// One of about 1200 Chinese characters, some oftener than others.
    fn han(&mut self) -> char {
        let (a, b) = (self.roll() % 1200, self.roll() % 1200);
        char::from_u32(0x4e00 + a.min(b) as u32 * 16 + 1).unwrap()
    }
}

impl Generated {
    pub fn account(number: u64) -> Self {
        let mut dice = Dice(number * 2);
        match number % WESTERN {
            0 => Self::western(&mut dice),
            _ => Self::chinese(&mut dice),
        }
    }

    fn chinese(dice: &mut Dice) -> Self {
        let (place, trade) = (dice.pick(PLACES), dice.pick(TRADES));
        let brand: String = [dice.han(), dice.han()].into_iter().collect();
        let core = format!("{place}{brand}{trade}");
        let characters: Vec<char> = core.chars().collect();
        let pairs = characters.iter().enumerate().flat_map(|(index, a)| {
            characters
                .iter()
                .skip(index + 1)
                .take(3)
                .map(move |b| [*a, *b].iter().collect())
        });
        Self {
            text: format!("{core}{}", dice.pick(FORMS)),
            short: format!("{brand}{}", trade.chars().take(2).collect::<String>()),
            pieces: pairs.collect(),
        }
    }

    fn western(dice: &mut Dice) -> Self {
        let word = |dice: &mut Dice| {
            [
                dice.pick(SYLLABLES),
                dice.pick(SYLLABLES),
                dice.pick(SYLLABLES),
            ]
            .concat()
        };
        let (first, second) = (word(dice), word(dice));
        let trade = dice.pick(WESTERN_TRADES);
        let mut pieces = Vec::new();
        for word in [first.clone(), second.clone(), trade.to_lowercase()] {
            let mut consonants: Vec<char> =
                word.chars().filter(|c| !"aeiouy".contains(*c)).collect();
            consonants.dedup();
            pieces.push(format!("c:{}", consonants.into_iter().collect::<String>()));
            pieces.push(format!("b:{}", word.get(..4).unwrap()));
            pieces.push(format!("t:{word}"));
        }
        Self {
            text: format!("{first} {second} {trade} Ltd"),
            short: format!("{first} {second}"),
            pieces,
        }
    }

    pub fn contact(number: u64) -> Self {
        let mut dice = Dice(number * 2 + 1);
        let surnames: Vec<char> = SURNAMES.chars().collect();
        let mut text = surnames[(dice.roll() % surnames.len() as u64) as usize].to_string();
        text.push(dice.han());
        if !dice.roll().is_multiple_of(3) {
            text.push(dice.han());
        }
        Self {
            short: text.clone(),
            text,
            pieces: Vec::new(),
        }
    }

    /// The name as search looks through it.
    pub fn folded(&self) -> String {
        self.text
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect()
    }

    pub fn is_chinese(&self) -> bool {
        !self.text.is_ascii()
    }

    /// Up to four letters that stand for the first characters: made up, but the same for the
    /// same character.
    pub fn initials(&self) -> Option<String> {
        self.is_chinese()
            .then(|| self.folded().chars().take(4).map(initial).collect())
    }

    /// Initials and Pinyin of the whole name.
    pub fn readings(&self) -> (String, String) {
        if !self.is_chinese() {
            return Default::default();
        }
        let read = |c: char| {
            [
                initial(c),
                'a',
                initial(char::from(b'a' + (c as u32 % 23) as u8)),
            ]
        };
        let whole = self.folded().chars().flat_map(read).collect();
        (self.folded().chars().map(initial).collect(), whole)
    }

    pub fn grams(&self, tenant: TenantId) -> Vec<i32> {
        numbers(tenant, self.pieces.iter().cloned())
    }

    /// The pieces by which search finds it.
    pub fn search_grams(&self, tenant: TenantId, kind: i16) -> Vec<i32> {
        let characters: Vec<char> = self.folded().chars().collect();
        let has_han = |window: &&[char]| window.iter().any(|c| !c.is_ascii());
        let all = characters.windows(1).chain(characters.windows(2));
        let others = characters.windows(3).filter(|window| !has_han(window));
        numbers(
            tenant,
            all.chain(others)
                .map(|window| format!("s{kind}:{}", window.iter().collect::<String>())),
        )
    }
}

fn initial(c: char) -> char {
    match c.is_ascii() {
        true => c,
        false => char::from(b'a' + (c as u32 / 16 % 26) as u8),
    }
}

/// The numbers that the service gives pieces; a test compares them with its own.
fn numbers(tenant: TenantId, pieces: impl Iterator<Item = String>) -> Vec<i32> {
    let number = |piece: String| {
        let bytes = tenant
            .0
            .as_bytes()
            .iter()
            .copied()
            .chain(piece.into_bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (((hash >> 32) ^ (hash & 0xffff_ffff)) as u32).cast_signed()
    };
    let mut numbers: Vec<i32> = pieces.map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
