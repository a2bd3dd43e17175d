package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DeviceLaneTest {

    @Test
    void onePieceAtATime() throws InterruptedException {
        DeviceLane lane = new DeviceLane();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> threads = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 8; i++) {
            DeviceLane.Priority priority = DeviceLane.Priority.values()[i % 2];
            Thread thread = new Thread(() -> {
                for (int j = 0; j < 200; j++) {
                    lane.run(priority, () -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        inside.decrementAndGet();
                    });
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most.get()).isEqualTo(1);
    }

    @Test
    void nestedCallRunsAsPartOfItsPiece() {
        DeviceLane lane = new DeviceLane();
        assertThat(lane.<String>call(DeviceLane.Priority.BACKGROUND, () -> lane.call(DeviceLane.Priority.SERVING, () -> "inner"))).isEqualTo("inner");
    }

    @Test
    void servingGoesBeforeBackgroundThatWaitedAsLong() throws InterruptedException {
        DeviceLane lane = new DeviceLane(10_000);
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        List<String> order = new CopyOnWriteArrayList<>();
        Thread holder = start(() -> lane.run(DeviceLane.Priority.SERVING, () -> {
            started.countDown();
            await(finish);
        }));
        await(started);
        Thread background = start(() -> lane.run(DeviceLane.Priority.BACKGROUND, () -> order.add("background")));
        Thread.sleep(100);
        Thread serving = start(() -> lane.run(DeviceLane.Priority.SERVING, () -> order.add("serving")));
        Thread.sleep(100);
        finish.countDown();
        holder.join();
        background.join();
        serving.join();
        assertThat(order).containsExactly("serving", "background");
    }

    @Test
    void backgroundDoesNotSlipInBetweenTheStepsOfARequest() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        DeviceLane lane = new DeviceLane(10_000, 0, clock::get);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger background = new AtomicInteger();
        lane.run(DeviceLane.Priority.SERVING, () -> { });
        Thread worker = start(() -> {
            while (!stop.get()) {
                lane.run(DeviceLane.Priority.BACKGROUND, background::incrementAndGet);
            }
        });
        for (int step = 0; step < 50; step++) {
            lane.run(DeviceLane.Priority.SERVING, () -> sleep(1));
            clock.addAndGet(TimeUnit.MICROSECONDS.toNanos(2900));
            sleep(1);
        }
        assertThat(background.get()).as("the next step was always to be expected").isZero();
        clock.addAndGet(TimeUnit.MICROSECONDS.toNanos(200));
        while (background.get() == 0) {
            sleep(1);
        }
        stop.set(true);
        worker.join();
    }

    /** The clock runs only while the device works. */
    @Test
    void backgroundGetsItsShareOfABusyDevice() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        DeviceLane lane = new DeviceLane(10_000, 0, clock::get);
        lane.share(0.2);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong served = new AtomicLong();
        AtomicLong worked = new AtomicLong();
        List<Thread> servers = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 2; i++) {
            servers.add(start(() -> {
                while (!stop.get()) {
                    lane.run(DeviceLane.Priority.SERVING, () -> {
                        sleep(1);
                        served.addAndGet(millis(clock, 10));
                    });
                }
            }));
        }
        for (int i = 0; i < 100; i++) {
            lane.run(DeviceLane.Priority.BACKGROUND, () -> {
                sleep(1);
                worked.addAndGet(millis(clock, 25));
            });
        }
        double share = worked.doubleValue() / (worked.get() + served.get());
        stop.set(true);
        for (Thread server : servers) {
            server.join();
        }
        // the first piece waits 250 ms, and no debt is older than a wait
        assertThat(share).isBetween(0.15, 0.35);
    }

    private static long millis(AtomicLong clock, long millis) {
        clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void backgroundIsNotStarvedBySteadyServing() throws InterruptedException {
        DeviceLane lane = new DeviceLane(50);
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> servers = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            servers.add(start(() -> {
                while (!stop.get()) {
                    lane.run(DeviceLane.Priority.SERVING, () -> sleep(5));
                }
            }));
        }
        AtomicInteger done = new AtomicInteger();
        Thread background = start(() -> {
            for (int i = 0; i < 5; i++) {
                lane.run(DeviceLane.Priority.BACKGROUND, done::incrementAndGet);
            }
        });
        background.join(Duration.ofSeconds(10).toMillis());
        stop.set(true);
        for (Thread server : servers) {
            server.join();
        }
        assertThat(done.get()).isEqualTo(5);
    }

    @Test
    void laneIsFreeAgainAfterAFailure() {
        DeviceLane lane = new DeviceLane();
        try {
            lane.run(DeviceLane.Priority.SERVING, () -> {
                throw new IllegalStateException("broken");
            });
        } catch (IllegalStateException expected) {
            assertThat(expected).hasMessage("broken");
        }
        assertThat(lane.<Integer>call(DeviceLane.Priority.BACKGROUND, () -> 1)).isEqualTo(1);
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
