//! How to install a tool, for each package manager.

use crate::{Search, Tool};

/// A package manager that users have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian, Ubuntu.
    Apt,
    /// Fedora.
    Dnf,
    /// Arch.
    Pacman,
    /// openSUSE.
    Zypper,
    /// macOS.
    Brew,
    /// Windows.
    Winget,
}

impl PackageManager {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [PackageManager; 6] = [
        PackageManager::Apt,
        PackageManager::Dnf,
        PackageManager::Pacman,
        PackageManager::Zypper,
        PackageManager::Brew,
        PackageManager::Winget,
    ];

    /// The first one that this computer has.
    #[must_use]
    pub fn detect(search: &Search) -> Option<PackageManager> {
        Self::ALL.into_iter().find(|manager| search.program(manager.program()).is_some())
    }

    /// The program to call.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            PackageManager::Apt => "apt",
            PackageManager::Dnf => "dnf",
            PackageManager::Pacman => "pacman",
            PackageManager::Zypper => "zypper",
            PackageManager::Brew => "brew",
            PackageManager::Winget => "winget",
        }
    }

    /// The command that installs `tool`, or the place to download it from where no package is known.
    #[must_use]
    pub fn install(self, tool: Tool) -> String {
        let Some(package) = self.package(tool) else {
            return format!("download it from {}", tool.home_page());
        };
        match self {
            PackageManager::Apt => format!("sudo apt install {package}"),
            PackageManager::Dnf => format!("sudo dnf install {package}"),
            PackageManager::Pacman => format!("sudo pacman -S {package}"),
            PackageManager::Zypper => format!("sudo zypper install {package}"),
            PackageManager::Brew => format!("brew install {package}"),
            PackageManager::Winget => format!("winget install {package}"),
        }
    }

    fn package(self, tool: Tool) -> Option<&'static str> {
        use PackageManager::{Apt, Brew, Dnf, Pacman, Winget, Zypper};
        let package = match (tool, self) {
            (Tool::Ffmpeg | Tool::Ffprobe, Dnf) => "ffmpeg-free",
            (Tool::Ffmpeg | Tool::Ffprobe, Winget) => "Gyan.FFmpeg",
            (Tool::Ffmpeg | Tool::Ffprobe, Apt | Pacman | Zypper | Brew) => "ffmpeg",
            (Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit, Pacman) => "mkvtoolnix-cli",
            (Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit, Winget) => "MoritzBunkus.MKVToolNix",
            (Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit, Apt | Dnf | Zypper | Brew) => "mkvtoolnix",
            (Tool::Rubberband, Apt | Zypper) => "rubberband-cli",
            (Tool::Rubberband, Dnf | Pacman | Brew) => "rubberband",
            (Tool::OnnxRuntime, Dnf | Brew) => "onnxruntime",
            (Tool::OnnxRuntime, Pacman) => "onnxruntime-cpu",
            (Tool::Rubberband, Winget) | (Tool::OnnxRuntime, Apt | Zypper | Winget) => return None,
        };
        Some(package)
    }
}

/// One sentence that tells how to get `tool` here: by the package manager that was found, else by download.
pub(crate) fn hint(tool: Tool, manager: Option<PackageManager>) -> String {
    let get = match manager {
        Some(manager) => manager.install(tool),
        None => format!("download it from {}", tool.home_page()),
    };
    format!("To install it: {get}. If it is installed elsewhere, set {} to its path", tool.variable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_way_to_get_it_everywhere() {
        for tool in Tool::ALL {
            for manager in PackageManager::ALL {
                let command = manager.install(tool);
                let last = command.split_whitespace().last().unwrap();
                let is_package = last.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
                assert!(is_package || last.starts_with("https://"), "{command}");
            }
            assert!(hint(tool, None).contains("https://") && hint(tool, None).contains("VSG_"));
        }
    }
}
