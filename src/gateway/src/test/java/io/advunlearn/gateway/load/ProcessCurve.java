package io.advunlearn.gateway.load;

import io.advunlearn.gateway.ProcessSample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A process's memory, threads and files over time. */
final class ProcessCurve implements AutoCloseable {

    /** @param seconds since the curve's beginning */
    record Point(double seconds, LoadLog.Phase phase, ProcessSample held) { }

    private final List<Point> points = new ArrayList<>();
    private final Thread sampler;

    /** @param millis between two points */
    ProcessCurve(long pid, LoadLog log, long millis) {
        long start = System.nanoTime();
        sampler = new Thread(() -> {
            try {
                while (true) {
                    add(new Point((System.nanoTime() - start) / 1e9, log.phase(), ProcessSample.of(pid)));
                    Thread.sleep(millis);
                }
            } catch (InterruptedException e) {
                // that was all
            } catch (IOException e) {
                log.wrong("the process is gone: " + e);
            }
        });
        sampler.start();
    }

    private synchronized void add(Point point) {
        points.add(point);
    }

    synchronized List<Point> points() {
        return List.copyOf(points);
    }

    @Override
    public void close() throws InterruptedException {
        sampler.interrupt();
        sampler.join();
    }
}
