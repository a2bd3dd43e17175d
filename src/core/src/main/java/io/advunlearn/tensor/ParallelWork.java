package io.advunlearn.tensor;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Parts of a computation that need each other nowhere, on several threads at once. The kernels of a small network are too short to share: they take
 * one thread each, and the other processors would be idle. Here threads meet once a part instead of once a kernel.
 *
 * <p>Two parts that go back through a network need leaves of their own, as the engine adds gradients to leaves.
 */
public final class ParallelWork {

    private static final ExecutorService WORKERS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "advunlearn-parts");
        thread.setDaemon(true);
        return thread;
    });

    /** Set while a thread computes a part: the processors are taken. */
    private static final ThreadLocal<Boolean> IS_PART = ThreadLocal.withInitial(() -> false);

    private ParallelWork() { }

    /** How many parts the calling thread may compute at once on a device; 1 on a GPU and within a part. */
    public static int atOnce(Device device) {
        return device.isGpu() || IS_PART.get() ? 1 : TorchThreads.atOnce();
    }

    /** Items from one to before another. */
    public record Range(int from, int to) {

        public int[] indices() {
            return IntStream.range(from, to).toArray();
        }
    }

    /**
     * Ranges whose sizes differ by one at most.
     *
     * @param items at least 1
     * @param most how many ranges at most, at least 1
     */
    public static List<Range> cut(int items, int most) {
        int ranges = Math.min(items, most);
        return IntStream.range(0, ranges).mapToObj(i -> new Range(items * i / ranges, items * (i + 1) / ranges)).toList();
    }

    /** As {@link #all}, of as many ranges of items as the calling thread may compute at once on a device. */
    public static <T> List<T> inRanges(int items, Device device, Function<Range, T> work) {
        return all(cut(items, atOnce(device)).stream().map(range -> (Supplier<T>) () -> work.apply(range)).toList());
    }

    /**
     * Computes the first part here and the others beside it, each in the calling thread's grad mode. Nothing computes on when this returns, also where
     * a part fails. Arrays that other threads make belong to no scope of this one.
     *
     * @return the results in order
     * @throws RuntimeException of the first part that failed
     */
    public static <T> List<T> all(List<? extends Supplier<? extends T>> parts) {
        boolean recording = Autograd.isRecording();
        List<CompletableFuture<T>> all = new ArrayList<>();
        all.add(new CompletableFuture<>());
        parts.subList(1, parts.size()).forEach(part -> all.add(CompletableFuture.supplyAsync(() -> beside(part, recording), WORKERS)));
        try {
            all.get(0).complete(marked(parts.get(0)));
        } catch (RuntimeException | Error e) {
            all.get(0).completeExceptionally(e);
        }
        all.forEach(part -> part.handle((result, failure) -> null).join());
        try {
            return all.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static <T> T beside(Supplier<? extends T> part, boolean recording) {
        TorchThreads.use(1);
        Supplier<T> work = () -> marked(part);
        return recording ? Autograd.record(work) : Autograd.noGrad(work);
    }

    private static <T> T marked(Supplier<? extends T> part) {
        boolean before = IS_PART.get();
        IS_PART.set(true);
        try {
            return part.get();
        } finally {
            IS_PART.set(before);
        }
    }
}
