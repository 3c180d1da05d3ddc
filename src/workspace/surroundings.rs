//! Where a file lies: in a chart, under a kustomization, or on its own.

use crate::manifest::{Group, Patches, Surroundings, is_kustomization};
use crate::world::{World, display};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What lies around a file.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub surroundings: Surroundings,
    /// The innermost chart that it lies in, by the path of its folder.
    pub chart: Option<String>,
    /// The overlay that it belongs to as a patch, or that may complete it, by the path of its folder.
    pub overlay: Option<String>,
    /// The chart or overlay that findings about the whole are shown at this file for.
    pub stands_for: Option<Group>,
}

/// Answers where files lie, each folder looked at once.
pub(super) struct Neighbourhood<'w> {
    world: &'w dyn World,
    patches: &'w Patches,
    charts: RefCell<HashMap<PathBuf, bool>>,
}

impl<'w> Neighbourhood<'w> {
    pub(super) fn new(world: &'w dyn World, patches: &'w Patches) -> Neighbourhood<'w> {
        Neighbourhood {
            world,
            patches,
            charts: RefCell::default(),
        }
    }

    /// Where a file lies. `path` is how it is shown, `absolute` the same without links.
    pub(super) fn place(&self, path: &Path, absolute: &Path) -> Placed {
        let mut placed = Placed::default();
        let shown = |folder: &Path| shown_folder(path, absolute, folder);
        let name = absolute.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let folder = absolute.parent().unwrap_or(Path::new(""));
        if let Some(chart) = absolute.ancestors().skip(1).find(|folder| self.is_chart(folder)) {
            let inside = absolute.strip_prefix(chart).unwrap_or(Path::new(""));
            placed.surroundings.chart_template = inside.starts_with("templates");
            placed.chart = Some(shown(chart));
        }
        if name == "Chart.yaml" {
            placed.stands_for = Some(Group::Chart(shown(folder)));
        }
        placed.surroundings.control = name == "Chart.yaml"
            || is_kustomization(absolute)
            || (name.to_ascii_lowercase().contains("values") && self.is_chart(folder));
        if is_kustomization(absolute) {
            placed.surroundings.kustomization = true;
            placed.overlay = Some(shown(folder));
            placed.stands_for = Some(Group::Overlay(shown(folder)));
        } else if let Some(overlay) = self.patches.overlay_of(absolute) {
            placed.surroundings.patch = true;
            placed.overlay = Some(shown(overlay));
        } else if let Some(folder) = self.patches.folder_of(absolute, super::manifests::LEVELS_ABOVE) {
            placed.surroundings.kustomized = true;
            placed.overlay = Some(shown(folder));
        }
        placed
    }

    fn is_chart(&self, folder: &Path) -> bool {
        if let Some(known) = self.charts.borrow().get(folder) {
            return *known;
        }
        let is_chart = self.world.is_file(&folder.join("Chart.yaml"));
        self.charts.borrow_mut().insert(folder.to_path_buf(), is_chart);
        is_chart
    }
}

/// A folder above or beside a file in the form in which the file is shown.
fn shown_folder(path: &Path, absolute: &Path, folder: &Path) -> String {
    let depth = match absolute.strip_prefix(folder) {
        Ok(rest) => rest.components().count(),
        Err(_) => return display(folder),
    };
    let shown = path.ancestors().nth(depth).map(display);
    match shown.as_deref() {
        None => display(folder),
        Some("") => ".".to_string(),
        Some(shown) => shown.to_string(),
    }
}
