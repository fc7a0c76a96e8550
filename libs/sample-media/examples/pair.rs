use vsg_sample_media::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let p: &(dyn Fn(f64) -> std::ops::ControlFlow<()> + Sync) = &|_| std::ops::ControlFlow::Continue(());
    let w = if a[1] == "demo" {
        demo(a[2].as_ref(), &Tools::default(), p)
    } else {
        bench_pair(a[2].as_ref(), a[1].parse().unwrap(), &Tools::default(), p)
    };
    match w {
        Ok(w) => println!("{w:#?}"),
        Err(e) => println!("{e}"),
    }
    println!("{:?}", t.elapsed());
}
