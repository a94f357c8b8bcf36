//! `gatehouse costs report` into files: the same report as the window saves, by the same code, each file with
//! its entry in the record.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use gatehouse_core::{
    app::App,
    charts::ChartTheme,
    costs::reports::Query,
    review::{ReportFile, ReviewError},
};
use serde_json::json;

use crate::{
    failure::Failure,
    output,
    saving::{must_be_new, save},
};

/// Where a report is written to.
#[derive(Args)]
pub(crate) struct Files {
    /// Write the whole report as a page for a browser, which needs nothing else, to this new file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the whole report on sheets of paper to this new file.
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write a table for a spreadsheet to where output goes; or with a folder every table of the report into it.
    /// It leaves an entry in the record, as the page and the sheets do.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1)]
    pub(super) csv: Option<Option<PathBuf>>,
    /// In files also the titles of chats.
    #[arg(long)]
    with_chats: bool,
}

impl Files {
    /// Whether a file is asked for.
    pub(super) fn are_asked_for(&self) -> bool {
        self.html.is_some() || self.pdf.is_some() || matches!(self.csv, Some(Some(_)))
    }

    /// Write what is asked for, and say where it is.
    pub(super) fn write(&self, app: &App, query: &Query, json: bool) -> Result<(), Failure> {
        let mut wanted = Vec::new();
        let either = |without, with| if self.with_chats { with } else { without };
        let page = either(ReportFile::Html, ReportFile::HtmlWithChats);
        let sheets = either(ReportFile::Pdf, ReportFile::PdfWithChats);
        wanted.extend(self.html.iter().map(|path| (page, path.clone())));
        wanted.extend(self.pdf.iter().map(|path| (sheets, path.clone())));
        if let Some(Some(folder)) = &self.csv {
            fs::create_dir_all(folder).map_err(|error| Failure::unwritten(folder, &error))?;
            let tables = self.tables(app, query)?.into_iter();
            wanted.extend(tables.map(|table| (table, folder.join(table.file_name(query)))));
        }
        // Nothing is written where one of them could not be.
        for (nth, (_, path)) in wanted.iter().enumerate() {
            must_be_new(path)?;
            if wanted[..nth].iter().any(|(_, earlier)| earlier == path) {
                let twice = format!("{} is named twice.", path.display());
                return Err(Failure::input(twice));
            }
        }
        for (nth, (file, path)) in wanted.iter().enumerate() {
            if let Err(failure) = put(app, query, *file, path) {
                // They would be in the way when it is tried again.
                for (_, earlier) in &wanted[..nth] {
                    let _ = fs::remove_file(earlier);
                }
                return Err(failure);
            }
        }
        let paths: Vec<&PathBuf> = wanted.iter().map(|(_, path)| path).collect();
        if json {
            return output::json(&json!({ "files": paths }));
        }
        for path in paths {
            output::line(&format!("It is in {}.", path.display()))?;
        }
        Ok(())
    }

    /// The tables of the report; that of the month only where something is forecast.
    fn tables(&self, app: &App, query: &Query) -> Result<Vec<ReportFile>, ReviewError> {
        let mut tables = vec![
            ReportFile::StepsCsv,
            ReportFile::ModelsCsv,
            ReportFile::ProvidersCsv,
            ReportFile::WorkspacesCsv,
            ReportFile::PurposesCsv,
        ];
        tables.extend(self.with_chats.then_some(ReportFile::ConversationsCsv));
        let forecast = app.cost_overview(query)?.forecast;
        tables.extend(forecast.map(|_| ReportFile::MonthCsv));
        Ok(tables)
    }
}

fn put(app: &App, query: &Query, file: ReportFile, path: &Path) -> Result<(), Failure> {
    let content = app.export_costs(query, file, ChartTheme::Light)?;
    save(app, path, &content)
}
