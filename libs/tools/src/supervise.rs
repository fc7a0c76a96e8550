//! Watches a running child: reads its pipes, stops it when it is cancelled or hangs, and always reaps it.

use std::fs::File;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::transcript::Stream;
use crate::{Error, Observer, Usage, platform};

/// Time between two looks at the observer, the child and the clock.
const TICK: Duration = Duration::from_millis(25);
/// How often a reader looks up from an idle pipe.
const READER_PATIENCE: Duration = Duration::from_millis(100);
/// Time from the polite request to end to the kill.
const TERM_PATIENCE: Duration = Duration::from_secs(2);
/// How long pipes may stay open after the child has ended, held by children of its own.
const PIPE_PATIENCE: Duration = Duration::from_secs(1);
/// Bytes per read, and reads that may wait to be looked at.
const CHUNK: usize = 64 * 1024;
const CHUNKS_WAITING: usize = 16;
/// More than this cannot have been on its way when the child ended (bytes).
const IN_FLIGHT: usize = 4 * CHUNK * CHUNKS_WAITING;
/// Growth of a child's file after which the disk is told to write (bytes).
const WRITE_BEHIND: u64 = 8 << 20;

/// What to watch for.
pub(crate) struct Watch<'a> {
    pub(crate) tool: &'a str,
    /// Name of the program alone.
    pub(crate) program: &'a str,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) idle: Option<Duration>,
    /// The file that the child writes to, if it has one.
    pub(crate) growing: Option<&'a File>,
}

/// A piece of what the child wrote, or the end of it.
enum Event {
    Data(Stream, Vec<u8>),
    End(Stream),
    Broken(io::Error),
}

/// What happens to the bytes of a child.
pub(crate) trait Sink {
    /// Takes the next bytes; an error stops the child.
    fn data(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Error>;
    /// Takes the end of a stream; may be told twice.
    fn end(&mut self, stream: Stream);
}

/// Runs the child to its end.
///
/// On return the child is reaped, its readers are joined and whoever was left in its process group is killed.
pub(crate) fn supervise(child: Child, watch: &Watch<'_>, sink: &mut dyn Sink) -> Result<(ExitStatus, Usage), Error> {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut run = Run::new(child, watch, &enough);
        let (sender, events) = sync_channel(CHUNKS_WAITING);
        let mut open = 0;
        if let Some(pipe) = run.child.stdout.take() {
            let sender = sender.clone();
            scope.spawn(|| read_pipe(Stream::Stdout, pipe, sender, &enough));
            open += 1;
        }
        if let Some(pipe) = run.child.stderr.take() {
            let sender = sender.clone();
            scope.spawn(|| read_pipe(Stream::Stderr, pipe, sender, &enough));
            open += 1;
        }
        // `sender` stays, so that waiting for an event also serves as the pause between two looks.
        let outcome = run.follow(&events, open, sink);
        drop((sender, events));
        outcome.and_then(|()| run.reap())
    })
}

fn read_pipe(stream: Stream, mut pipe: impl platform::Pipe, events: SyncSender<Event>, enough: &AtomicBool) {
    let mut buffer = vec![0; CHUNK];
    let last = loop {
        if enough.load(Ordering::Relaxed) {
            break Event::End(stream);
        }
        match platform::wait_readable(&pipe, READER_PATIENCE) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => break Event::Broken(error),
        }
        match pipe.read(&mut buffer) {
            Ok(0) => break Event::End(stream),
            Ok(count) => {
                if events.send(Event::Data(stream, buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Event::Broken(error),
        }
    };
    // If nobody listens any more, nobody needs to know.
    let _ = events.send(last);
}

/// A child on its way; dropping it ends the child, whatever happened.
struct Run<'a> {
    child: Child,
    watch: &'a Watch<'a>,
    enough: &'a AtomicBool,
    started: Instant,
    last_sign: Instant,
    last_length: u64,
    /// How long the file was when the disk was last told to write, and the time before that.
    written: [u64; 2],
    peak_rss_bytes: Option<u64>,
    stopping: Option<Stopping>,
    ended: Option<Ended>,
    is_reaped: bool,
}

/// Why and since when the child is being stopped.
struct Stopping {
    why: Error,
    since: Instant,
}

/// The child has ended; its pipes may still be open.
struct Ended {
    at: Instant,
    bytes_since: usize,
}

impl<'a> Run<'a> {
    fn new(child: Child, watch: &'a Watch<'a>, enough: &'a AtomicBool) -> Run<'a> {
        let now = Instant::now();
        Run {
            child,
            watch,
            enough,
            started: now,
            last_sign: now,
            last_length: 0,
            written: [0; 2],
            peak_rss_bytes: None,
            stopping: None,
            ended: None,
            is_reaped: false,
        }
    }

    /// Handles events until the child has ended and its pipes are closed or given up.
    fn follow(&mut self, events: &Receiver<Event>, mut open: usize, sink: &mut dyn Sink) -> Result<(), Error> {
        let mut last_look = Instant::now();
        // With no pipe left to wait for, the end is near: look sooner at first.
        let mut pause = Duration::from_millis(1);
        loop {
            let event = events.recv_timeout(if open == 0 { pause } else { TICK });
            let is_silent = matches!(event, Err(RecvTimeoutError::Timeout));
            match event {
                Ok(Event::Data(stream, bytes)) => self.take(stream, &bytes, sink),
                Ok(Event::End(stream)) => {
                    open -= 1;
                    sink.end(stream);
                    self.sample_memory();
                }
                Ok(Event::Broken(error)) => {
                    open -= 1;
                    self.stop(Error::from_io(self.watch.tool, "read what it wrote", error));
                }
                Err(_) => pause = (pause * 2).min(TICK),
            }
            if open > 0 && !is_silent && last_look.elapsed() < TICK {
                continue;
            }
            last_look = Instant::now();
            self.look()?;
            if self.ended.is_some() && (open == 0 || self.is_enough(is_silent)) {
                if open > 0 {
                    sink.end(Stream::Stdout);
                    sink.end(Stream::Stderr);
                }
                return self.stopping.take().map_or(Ok(()), |stopping| Err(stopping.why));
            }
        }
    }

    fn take(&mut self, stream: Stream, bytes: &[u8], sink: &mut dyn Sink) {
        self.last_sign = Instant::now();
        if let Some(ended) = &mut self.ended {
            ended.bytes_since += bytes.len();
        }
        if self.stopping.is_none()
            && let Err(error) = sink.data(stream, bytes)
        {
            self.stop(error);
        }
    }

    /// Looks at the child, the observer and the clock.
    fn look(&mut self) -> Result<(), Error> {
        let tool = self.watch.tool;
        if self.ended.is_some() {
            return Ok(());
        }
        self.sample_memory();
        let has_ended = platform::has_ended(&mut self.child);
        if has_ended.map_err(|error| Error::from_io(tool, "wait for its end", error))? {
            self.ended = Some(Ended { at: Instant::now(), bytes_since: 0 });
            return Ok(());
        }
        if let Some(stopping) = &self.stopping {
            if stopping.since.elapsed() >= TERM_PATIENCE {
                platform::kill(&mut self.child);
            }
        } else if self.watch.observer.cancelled() {
            self.stop(Error::Cancelled { tool: tool.to_owned() });
        } else {
            self.watch_growth();
            if let Some(idle) = self.watch.idle
                && self.last_sign.elapsed() >= idle
            {
                self.stop(Error::Hung { tool: tool.to_owned(), idle });
            }
        }
        Ok(())
    }

    /// Whether to give up pipes that outlive the child: it is being stopped, or it has been silent for long
    /// enough, or it has written more than can have been on its way.
    fn is_enough(&mut self, is_silent: bool) -> bool {
        let Some(ended) = &self.ended else { return false };
        if self.stopping.is_some() {
            return true;
        }
        if ended.at.elapsed() < PIPE_PATIENCE {
            return false;
        }
        // Whoever is left in the group is a stray; ending it closes its end of the pipes.
        platform::kill(&mut self.child);
        is_silent || ended.bytes_since > IN_FLIGHT
    }

    fn stop(&mut self, why: Error) {
        if self.stopping.is_none() {
            self.stopping = Some(Stopping { why, since: Instant::now() });
            platform::ask_to_end(&mut self.child);
        }
    }

    /// Growth is a sign of life. And what has grown goes to the disk at once and leaves memory: hours of sound would
    /// otherwise fill the cache with fresh pages, which costs more than the copy into them.
    fn watch_growth(&mut self) {
        let Some(file) = self.watch.growing else { return };
        let length = file.metadata().map(|data| data.len()).unwrap_or_default();
        if length != self.last_length {
            self.last_length = length;
            self.last_sign = Instant::now();
        }
        let [last, before] = self.written;
        if length >= last + WRITE_BEHIND {
            // Once more from `before`: only what has arrived on the disk leaves memory.
            platform::write_behind(file, before, length);
            self.written = [length, last];
        }
    }

    fn sample_memory(&mut self) {
        self.peak_rss_bytes = self.peak_rss_bytes.max(platform::peak_rss_bytes(&self.child));
    }

    fn reap(&mut self) -> Result<(ExitStatus, Usage), Error> {
        let usage = self.usage();
        platform::kill(&mut self.child);
        let status = self.child.wait().map_err(|error| Error::from_io(self.watch.tool, "wait for its end", error))?;
        self.is_reaped = true;
        self.enough.store(true, Ordering::Relaxed);
        self.watch.observer.used(self.watch.program, &usage);
        Ok((status, usage))
    }

    /// What the child has cost so far.
    fn usage(&self) -> Usage {
        let (read_bytes, written_bytes) = platform::bytes(&self.child);
        Usage {
            elapsed: self.started.elapsed(),
            cpu: platform::cpu_time(&self.child),
            peak_rss_bytes: self.peak_rss_bytes,
            read_bytes,
            written_bytes,
        }
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        if !self.is_reaped {
            self.watch.observer.used(self.watch.program, &self.usage());
            platform::kill(&mut self.child);
            // Nothing is left to tell; the wait is there to leave no zombie.
            let _ = self.child.wait();
        }
    }
}
