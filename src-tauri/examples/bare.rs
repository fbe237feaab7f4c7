//! A bare window of the system's webview with a few lines of text: what the app's window is measured against.

#[cfg(target_os = "linux")]
const PAGE: &str = "<!doctype html><title>Bare</title><body style='margin:60px 0 0 260px;font:14px/24px sans-serif'>\
    <h1>Projects</h1><p>shop: live<p>blog: live<p>notes: live";

#[cfg(target_os = "linux")]
fn main() {
    use gtk::prelude::{ContainerExt as _, GtkWindowExt as _, WidgetExt as _};
    use webkit2gtk::WebViewExt as _;

    if gtk::init().is_err() {
        std::process::exit(1);
    }
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    window.set_title("Bare");
    window.set_default_size(1180, 760);
    let view = webkit2gtk::WebView::new();
    view.load_html(PAGE, None);
    window.add(&view);
    window.show_all();
    gtk::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}
