package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.model.ClipTextModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderSlotConcurrencyTest {

    private static final int SWAPS = 100;

    @TempDir
    Path folder;

    @Test
    void aHundredSwapsUnderLoadMixNothingAndLeakNothing() throws Exception {
        try (SlotFixture fixture = new SlotFixture(folder, ErasureFloor.NONE, false)) {
            List<String> ids = List.of("a", "b", "c");
            Map<String, float[]> expected = new TreeMap<>();
            for (int i = 0; i < ids.size(); i++) {
                fixture.register(ids.get(i), i + 1, "church");
            }
            long generation = 0;
            for (String id : ids) {
                fixture.slot.swap(SwapRequest.of(fixture.source(id), ++generation));
                expected.put(id, fixture.encodeActive());
            }
            Map<String, AtomicInteger> served = new ConcurrentHashMap<>();
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService clients = Executors.newFixedThreadPool(6);
            try {
                List<Future<?>> running = new ArrayList<>();
                for (int client = 0; client < 6; client++) {
                    running.add(clients.submit(() -> request(fixture.slot, expected, served, stop)));
                }
                List<SwapResult> results = new ArrayList<>();
                for (int swap = 0; swap < SWAPS; swap++) {
                    results.add(fixture.slot.swap(SwapRequest.of(fixture.source(ids.get(swap % ids.size())), ++generation)));
                }
                stop.set(true);
                for (Future<?> future : running) {
                    future.get(60, TimeUnit.SECONDS);
                }
                assertThat(results).allMatch(SwapResult::drained);
            } finally {
                stop.set(true);
                clients.shutdownNow();
            }
            assertThat(served.keySet()).containsExactlyInAnyOrderElementsOf(ids);
            assertThat(fixture.loads()).as("each of three encoders in turn is loaded anew").isGreaterThanOrEqualTo(SWAPS);
            assertThat(fixture.loadedEncoders()).as("the active one and the previous one").isEqualTo(2);
        }
    }

    private static void request(EncoderSlot slot, Map<String, float[]> expected, Map<String, AtomicInteger> served, AtomicBoolean stop) {
        while (!stop.get()) {
            try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
                String id = lease.snapshot().id();
                for (int step = 0; step < 3; step++) {
                    if (!Arrays.equals(SlotFixture.encode(lease.snapshot()), expected.get(id))) {
                        throw new AssertionError("encoder " + id + " gave another encoder's output");
                    }
                }
                served.computeIfAbsent(id, key -> new AtomicInteger()).incrementAndGet();
            }
        }
    }

    /** Leases alone, without any computing between: the window between reading the reference and holding it. */
    @Test
    void aLeaseNeverHoldsAFreedEncoder() throws Exception {
        try (SlotFixture fixture = new SlotFixture(folder, ErasureFloor.NONE, false)) {
            fixture.register("a", 1);
            fixture.register("b", 2);
            ComponentSource a = fixture.source("a");
            ComponentSource b = fixture.source("b");
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService clients = Executors.newFixedThreadPool(4);
            try {
                List<Future<Long>> running = new ArrayList<>();
                for (int client = 0; client < 4; client++) {
                    running.add(clients.submit(() -> leases(fixture.slot, stop)));
                }
                for (int generation = 1; generation <= 5000; generation++) {
                    fixture.slot.swap(SwapRequest.of(generation % 2 == 0 ? a : b, generation));
                }
                stop.set(true);
                for (Future<Long> future : running) {
                    assertThat(future.get(60, TimeUnit.SECONDS)).isPositive();
                }
            } finally {
                stop.set(true);
                clients.shutdownNow();
            }
            assertThat(fixture.loadedEncoders()).isEqualTo(2);
        }
    }

    private static long leases(EncoderSlot slot, AtomicBoolean stop) {
        long count = 0;
        long newest = 0;
        while (!stop.get()) {
            try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
                lease.snapshot().network().config();
                if (lease.snapshot().generation() < newest) {
                    throw new AssertionError("generation went back");
                }
                newest = lease.snapshot().generation();
                count++;
            }
        }
        return count;
    }
}
