//! Names of venues: a quarter, a road or a brand and what the place is, in both languages, none used twice.
//!
//! Districts, sub-districts, roads and quarters are real; the venues are invented, even where one should happen to
//! bear the name of a real one.

use std::collections::BTreeSet;

use super::district::{District, Name, Street};
use super::draw::Draw;
use super::plan::Setting;
use super::sport::SPORTS;
use crate::domain::names::Names;

/// What schools are called; the common ones more often.
const SCHOOL_FORMS: [Name; 11] = [
    ("小学", "Primary School"),
    ("小学", "Primary School"),
    ("小学", "Primary School"),
    ("小学", "Primary School"),
    ("中学", "Middle School"),
    ("中学", "Middle School"),
    ("学校", "School"),
    ("学校", "School"),
    ("实验学校", "Experimental School"),
    ("外国语学校", "Foreign Languages School"),
    ("高级中学", "Senior High School"),
];
/// A district's own centres, in the order in which it gets them.
const DISTRICT_CENTRES: [Name; 3] = [
    ("体育中心", "Sports Centre"),
    ("体育公园", "Sports Park"),
    ("全民健身中心", "Citizens' Fitness Centre"),
];
const CENTRE_FORMS: [Name; 4] = [
    ("文体中心", "Culture and Sports Centre"),
    ("体育馆", "Gymnasium"),
    ("体育中心", "Sports Centre"),
    ("全民健身中心", "Citizens' Fitness Centre"),
];
const PARK_FORMS: [Name; 4] = [
    ("社区公园", "Community Park"),
    ("体育公园", "Sports Park"),
    ("公园运动场", "Park Sports Ground"),
    ("运动公园", "Recreation Park"),
];
const COMMUNITY_FORMS: [Name; 4] = [
    ("社区健身中心", "Community Fitness Centre"),
    ("社区文体中心", "Community Culture and Sports Centre"),
    ("社区活动中心", "Community Activity Centre"),
    ("社区百姓健身房", "Community People's Gym"),
];
const BRANDS: [Name; 32] = [
    ("飞扬", "Feiyang"),
    ("乐动", "Ledong"),
    ("劲浪", "Jinlang"),
    ("冠军", "Guanjun"),
    ("力健", "Lijian"),
    ("活力", "Huoli"),
    ("鹏跃", "Pengyue"),
    ("星辰", "Xingchen"),
    ("晨曦", "Chenxi"),
    ("跃动", "Yuedong"),
    ("极点", "Jidian"),
    ("领航", "Linghang"),
    ("海豚", "Haitun"),
    ("猎豹", "Liebao"),
    ("小鹿", "Xiaolu"),
    ("青松", "Qingsong"),
    ("逐风", "Zhufeng"),
    ("云上", "Yunshang"),
    ("启航", "Qihang"),
    ("超越", "Chaoyue"),
    ("湾区", "Wanqu"),
    ("风火", "Fenghuo"),
    ("悦动", "Joydong"),
    ("铁人", "Tieren"),
    ("梦想", "Mengxiang"),
    ("天天", "Tiantian"),
    ("元气", "Yuanqi"),
    ("热汗", "Rehan"),
    ("蓝鲸", "Lanjing"),
    ("赤子", "Chizi"),
    ("红树林", "Hongshulin"),
    ("同心", "Tongxin"),
];

/// So many attempts at a name, then it gets a number.
const ATTEMPTS: u32 = 60;

/// The names that are taken.
#[derive(Default)]
pub(super) struct NameBook {
    taken: BTreeSet<String>,
}

impl NameBook {
    /// A name that no venue has yet, in either language.
    pub(super) fn venue(&mut self, draw: &mut Draw, setting: Setting, place: (&District, &Street)) -> Names {
        let mut attempt = 0;
        loop {
            let mut names = compose(draw, setting, place, attempt);
            if attempt >= ATTEMPTS {
                let number = attempt - ATTEMPTS + 2;
                names = Names::new(format!("{}{number}", names.zh_hans), format!("{} {number}", names.en));
            }
            if !self.taken.contains(&names.zh_hans) && !self.taken.contains(&names.en) {
                self.taken.insert(names.zh_hans.clone());
                self.taken.insert(names.en.clone());
                return names;
            }
            attempt += 1;
        }
    }
}

/// One attempt: the first ones are short, later ones name the sub-district too.
fn compose(draw: &mut Draw, setting: Setting, place: (&District, &Street), attempt: u32) -> Names {
    let (district, street) = place;
    let quarter = draw.pick(district.quarters);
    let (local_zh, local_en) = if attempt < 8 {
        (quarter.0.to_owned(), quarter.1.to_owned())
    } else {
        (format!("{}{}", street.name.0, quarter.0), format!("{} {}", street.name.1, quarter.1))
    };
    match setting {
        Setting::School => {
            let form = draw.pick(&SCHOOL_FORMS);
            Names::new(
                format!("深圳市{}{local_zh}{}", district.short_zh, form.0),
                format!("Shenzhen {} {local_en} {}", district.name.1, form.1),
            )
        }
        Setting::Centre => {
            let own = DISTRICT_CENTRES.get(attempt as usize);
            let (local, form) = match own {
                Some(form) => ((district.short_zh, district.name.1), form),
                None => (street.name, draw.pick(&CENTRE_FORMS)),
            };
            // Beyond what a sub-district has room for, centres are called by their quarters.
            let (local_zh, local_en) =
                if attempt < 12 { (local.0.to_owned(), local.1.to_owned()) } else { (local_zh, local_en) };
            Names::new(format!("{local_zh}{}", form.0), format!("{local_en} {}", form.1))
        }
        Setting::Park => {
            let form = draw.pick(&PARK_FORMS);
            Names::new(format!("{local_zh}{}", form.0), format!("{local_en} {}", form.1))
        }
        Setting::Community => {
            let form = draw.pick(&COMMUNITY_FORMS);
            // A later attempt names the sub-district already.
            let (zh, en) = if draw.chance(30) && attempt < 8 {
                (format!("{}街道", street.name.0), format!("{} ", street.name.1))
            } else {
                (String::new(), String::new())
            };
            Names::new(format!("{zh}{local_zh}{}", form.0), format!("{en}{local_en} {}", form.1))
        }
        Setting::Club(sport) => {
            let brand = draw.pick(&BRANDS);
            let club = SPORTS[sport].club;
            Names::new(
                format!("{}{}（{local_zh}店）", brand.0, club.0),
                format!("{} {} ({local_en})", brand.1, club.1),
            )
        }
    }
}
