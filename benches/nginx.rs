//! nginx with a folder of files.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::server::Server;
use crate::tools::Tool;

/// nginx has workers, which live on if only the first process is killed. The shell ends it in order when the benchmark
/// closes the pipe, however that ends, and it passes over Ctrl-C until then.
const UNTIL_EOF: &str = r#"trap '' INT; "$0" "$@" & nginx=$!; cat >/dev/null; kill "$nginx"; wait"#;

/// Serves `files` with as many workers as there are threads. Needs a folder of its own for its configuration.
pub fn serve(tool: &Tool, files: &Path, folder: &Path, workers: usize) -> Result<Server> {
    Server::foreign_until_eof(|port| {
        // Written in here, because the port is known only now. If that fails, nginx does not start.
        fs::write(
            folder.join("nginx.conf"),
            configuration(files, port, workers),
        )
        .ok();
        let folder = folder.display().to_string();
        tool.script(
            UNTIL_EOF,
            &["-p", &folder, "-c", "nginx.conf", "-e", "stderr"],
        )
    })
}

/// What is fast for small files: they stay open, and go out with their headers in one write. Root's workers would be
/// another user, who may not read the folder.
fn configuration(files: &Path, port: u16, workers: usize) -> String {
    let files = files.display();
    format!(
        "daemon off;
user root;
worker_processes {workers};
pid pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=10;
    sendfile off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    server {{
        listen 127.0.0.1:{port};
        root {files};
    }}
}}
"
    )
}
