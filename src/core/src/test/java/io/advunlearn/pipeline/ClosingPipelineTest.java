package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Closing a pipeline while somebody swaps. */
class ClosingPipelineTest {

    @TempDir
    private Path folder;

    /** The swap needs the device for its reference prompt, and closing needs both. */
    @Test
    void aRunningSwapEndsAndThenThePipelineCloses() throws Exception {
        SdxlFixture model = new SdxlFixture(folder);
        Path encoder = model.encoder("text_encoder", "other", 1.1f);
        TextToImagePipeline pipeline = model.load("main", ErasureFloor.NONE, false);
        ComponentSource source = SdxlFixture.source("other", encoder);
        CountDownLatch occupied = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            threads.submit(() -> pipeline.components().lane().call(DeviceLane.Priority.SERVING, () -> {
                occupied.countDown();
                return await(release);
            }));
            occupied.await();
            Future<SwapResult> swap = threads.submit(() -> pipeline.slot().swap(SwapRequest.of(source, 1)));
            while (!pipeline.slot().status().swapping()) {
                Thread.sleep(5);
            }
            // long enough for both to wait, too short for the lane to let background work go first
            Thread.sleep(100);
            Future<?> close = threads.submit(pipeline::close);
            Thread.sleep(50);
            assertThat(swap.isDone() || close.isDone()).isFalse();
            release.countDown();
            assertThat(swap.get(30, TimeUnit.SECONDS).encoder()).isEqualTo("other");
            close.get(30, TimeUnit.SECONDS);
        } finally {
            release.countDown();
            threads.shutdownNow();
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
