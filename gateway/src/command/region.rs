//! `tongbiao region`: makes the data folders of a new region, and says what the regions still lack.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use adapters::completeness::{self, Gap};
use adapters::scaffold::{FOLDERS, NewRegion, Notation};
use certs::hierarchy::RegionOrganisations;
use clap::ValueEnum;
use standards::DataError;
use standards::code::RegionCode;
use standards::item::Catalogue;
use standards::region::Regions;

use super::file::{self, Existing};
use super::{CommandError, Failure, Faults, line};

const EXAMPLES: &str = "\
例 / Examples:
  tongbiao region new 150000 neimenggu
      在源码目录中生成内蒙古的数据文件夹，从不覆盖 / the data folders of Inner Mongolia, below the sources; nothing is overwritten
  tongbiao region check
      列出各地区数据还缺什么；有缺项时退出状态为 1 / what is still missing; exit status 1 when anything is";

/// What can be done with regions.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Command {
    /// 新地区：生成规则、代码表、事项目录、机构和测试套件的文件夹 / make the data folders of a new region
    #[command(after_help = EXAMPLES)]
    New(New),
    /// 查缺：列出各地区数据还缺什么 / say what the regions' data still lacks
    #[command(after_help = EXAMPLES)]
    Check(Check),
}

/// What `new` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// 省级行政区划代码 / the region's code
    #[arg(value_name = "CODE")]
    code: RegionCode,
    /// 文件夹的名字，拼音 / the name of its folders, in pinyin
    #[arg(value_name = "NAME")]
    name: String,
    /// 源码根目录 / the root of the sources
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// 报文格式 / how its messages are written
    #[arg(long, value_enum, default_value_t = Wire::Json)]
    wire: Wire,
}

/// What `check` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// 源码根目录 / the root of the sources
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// How a region's messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wire {
    /// 一个 JSON 对象 / one JSON object
    Json,
    /// XML 名值对 / a list of named values in XML
    Xml,
}

impl Command {
    /// Makes or checks, and says what was done.
    ///
    /// # Errors
    /// Why not, or everything that is missing.
    pub(super) fn run(&self) -> Result<String, Failure> {
        match self {
            Self::New(arguments) => arguments.run(),
            Self::Check(arguments) => arguments.run(),
        }
    }
}

impl New {
    fn run(&self) -> Result<String, Failure> {
        let region = NewRegion::new(self.code.clone(), &self.name)
            .map_err(|fault| Failure::from(vec![line(&format!("{:?}: {fault}", self.name), fault.code())]))?;
        let catalogue = Catalogue::embedded().map_err(|fault| faulty(&fault))?;
        let regions = Regions::embedded().map_err(|fault| faulty(&fault))?;
        self.refuse_another_name(&region)?;
        let notation = match self.wire {
            Wire::Json => Notation::Json,
            Wire::Xml => Notation::Xml,
        };
        let (kept, made): (Vec<_>, Vec<_>) = region
            .files(notation, &catalogue, &regions)
            .into_iter()
            .partition(|file| self.directory.join(&file.path).exists());
        let mut report = match made.len() {
            0 => format!("✓ 文件都已有，未改动 / every file exists and was left alone: {}\n", region.folder()),
            _ => format!("✓ 已生成 / made: {}\n", region.folder()),
        };
        for new in &made {
            let path = self.directory.join(&new.path);
            let parent = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(parent)
                .map_err(|source| CommandError::CannotCreate { path: parent.to_owned(), source })?;
            file::write(&path, new.text.as_bytes(), Existing::Keep)?;
            let _ = writeln!(report, "  {}", new.path);
        }
        for old in kept {
            let _ = writeln!(report, "  {} 已有，未改动 / exists, left alone", old.path);
        }
        if regions.get(region.code()).is_none() {
            let row = region.row().replace('\n', "\n  ");
            let _ = write!(report, "在 standards/data/regions.toml 中补一行 / its row there:\n  {}\n", row.trim_end());
        }
        report.push_str("下一步 / next: docs/new-region.md, tongbiao region check\n");
        Ok(report)
    }

    /// A region has one name: two folders of one code would be two regions that claim to be one.
    fn refuse_another_name(&self, region: &NewRegion) -> Result<(), CommandError> {
        let prefix = format!("{}-", region.code());
        for (parent, _) in FOLDERS {
            for entry in fs::read_dir(self.directory.join(parent)).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with(&prefix) && name != region.folder() {
                    return Err(CommandError::RegionTwice { region: region.code().clone() });
                }
            }
        }
        Ok(())
    }
}

impl Check {
    fn run(&self) -> Result<String, Failure> {
        let gaps = completeness::gaps(&self.directory).map_err(|fault| faulty(&fault))?;
        let mut faults: Faults = gaps.iter().map(|gap| line(gap, gap.lack.code())).collect();
        faults.extend(self.organisations(&gaps));
        if faults.is_empty() {
            return Ok("✓ 各地区的数据齐全 / nothing is missing\n".to_owned());
        }
        let count = faults.len();
        faults.push(format!("共缺 {count} 处 / {count} in all"));
        Err(faults.into())
    }

    /// What is wrong with the organisations that are filled in: their codes must hold.
    fn organisations(&self, gaps: &[Gap]) -> Faults {
        const ANCHORS: &str = "certs/anchors";
        let mut faults = Faults::new();
        for entry in fs::read_dir(self.directory.join(ANCHORS)).into_iter().flatten().flatten() {
            let path = format!("{ANCHORS}/{}/region.toml", entry.file_name().to_string_lossy());
            let text = file::read_text(&self.directory.join(&path)).unwrap_or_default();
            // What is missing or open is a gap already.
            if !text.is_empty()
                && gaps.iter().all(|gap| gap.file != path)
                && let Err(error) = RegionOrganisations::from_toml(&path, &text)
            {
                faults.push(line(&error, error.code()));
            }
        }
        faults
    }
}

fn faulty(fault: &DataError) -> Failure {
    vec![line(fault, fault.code())].into()
}
