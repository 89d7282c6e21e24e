//! USB ids of devices, as the kernel publishes them.

use beid_settings::UsbId;
use std::fs;
use std::path::Path;

/// Directory with one entry for each USB device.
///
/// Source: Linux, Documentation/ABI/stable/sysfs-bus-usb.
pub(crate) const DEVICES: &str = "/sys/bus/usb/devices";

/// Finds vendor and product of the device at this place, in the `devices` of the kernel.
pub(crate) fn find(devices: &Path, bus: u8, device: u8) -> Option<UsbId> {
    let entries = fs::read_dir(devices).ok()?;
    entries.filter_map(|entry| Some(entry.ok()?.path())).find_map(|entry| {
        let text = |name: &str| fs::read_to_string(entry.join(name)).ok();
        let is_at = |name: &str, number: u8| text(name)?.trim().parse().ok().filter(|found: &u8| *found == number);
        // Interfaces of devices have entries of their own, without numbers.
        is_at("busnum", bus)?;
        is_at("devnum", device)?;
        format!("{}:{}", text("idVendor")?.trim(), text("idProduct")?.trim())
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_found_by_its_place_among_others_and_their_interfaces() {
        let devices = std::env::temp_dir().join(format!("beidd-usb-{}", std::process::id()));
        for (entry, files) in [
            (
                "usb1",
                [
                    ("busnum", "1\n"),
                    ("devnum", "1\n"),
                    ("idVendor", "1d6b\n"),
                    ("idProduct", "0002\n"),
                ],
            ),
            (
                "1-2",
                [
                    ("busnum", "1\n"),
                    ("devnum", "7\n"),
                    ("idVendor", "08e6\n"),
                    ("idProduct", "3437\n"),
                ],
            ),
            (
                "2-2",
                [
                    ("busnum", "2\n"),
                    ("devnum", "7\n"),
                    ("idVendor", "072f\n"),
                    ("idProduct", "90cc\n"),
                ],
            ),
            (
                "1-2:1.0",
                [
                    ("bInterfaceClass", "0b\n"),
                    ("bInterfaceNumber", "00\n"),
                    ("bAlternateSetting", " 0\n"),
                    ("bNumEndpoints", "03\n"),
                ],
            ),
        ] {
            fs::create_dir_all(devices.join(entry)).unwrap();
            for (name, text) in files {
                fs::write(devices.join(entry).join(name), text).unwrap();
            }
        }
        let at = |bus, device| find(&devices, bus, device).map(|usb| usb.to_string());
        assert_eq!(at(1, 7).as_deref(), Some("08e6:3437"));
        assert_eq!(at(2, 7).as_deref(), Some("072f:90cc"));
        assert_eq!(at(2, 1), None);
        fs::remove_dir_all(&devices).unwrap();
        assert_eq!(at(1, 7), None);
    }
}
