package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.TorchThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * A denoiser's rows on several threads at once. The kernels of a small network are too short to share: they take one thread each, and the other
 * processors would be idle. Its rows need each other nowhere, so that threads meet once a forward instead of once a kernel.
 */
final class ParallelRows {

    private static final ExecutorService WORKERS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "advunlearn-rows");
        thread.setDaemon(true);
        return thread;
    });

    private final long[] from;

    /** @param from rows at which parts begin, but for the first */
    private ParallelRows(long[] from) {
        this.from = from;
    }

    /** As {@link UNet2DConditionModel#forward(NDArray, NDArray, CrossAttentionContext, AddedConditions)}. */
    interface Forward {

        NDArray forward(NDArray sample, NDArray timesteps, CrossAttentionContext context, AddedConditions addedOrNull);
    }

    /** How the calling thread's next forward is cut; {@code null} if it is not: one row, no processor idle, or a way back is wanted. */
    static ParallelRows of(NDArray sample, CrossAttentionContext context) {
        return sample.getDevice().isGpu() || Autograd.isRecording() || !context.canSplit() ? null
                : of(sample.getShape().get(0), TorchThreads.atOnce());
    }

    /** Parts whose sizes differ by one row at most; {@code null} if there is but one. */
    static ParallelRows of(long rows, int threads) {
        int parts = (int) Math.min(rows, threads);
        if (parts < 2) {
            return null;
        }
        long[] from = new long[parts - 1];
        for (int i = 1; i < parts; i++) {
            from[i - 1] = rows * i / parts;
        }
        return new ParallelRows(from);
    }

    /** @return what {@code whole} gives for all rows */
    NDArray forward(NDArray sample, NDArray timesteps, CrossAttentionContext context, AddedConditions addedOrNull, Forward whole) {
        try (Scope scope = new Scope()) {
            NDList samples = sample.split(from);
            NDList times = timesteps.split(from);
            List<CrossAttentionContext> contexts = context.split(from);
            List<AddedConditions> added = split(addedOrNull);
            List<Supplier<NDArray>> parts = new ArrayList<>();
            for (int i = 0; i < samples.size(); i++) {
                int part = i;
                parts.add(() -> whole.forward(samples.get(part), times.get(part), contexts.get(part), added == null ? null : added.get(part)));
            }
            return scope.keep(joined(parts));
        }
    }

    private List<AddedConditions> split(AddedConditions addedOrNull) {
        if (addedOrNull == null) {
            return null;
        }
        NDList texts = addedOrNull.textEmbeds().split(from);
        NDList ids = addedOrNull.timeIds().split(from);
        List<AddedConditions> parts = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            parts.add(new AddedConditions(texts.get(i), ids.get(i)));
        }
        return parts;
    }

    /** The first part here, the others beside it; nothing computes on when this returns, also where a part fails. */
    private static NDArray joined(List<Supplier<NDArray>> parts) {
        List<CompletableFuture<NDArray>> all = new ArrayList<>();
        all.add(new CompletableFuture<>());
        parts.subList(1, parts.size()).forEach(part -> all.add(CompletableFuture.supplyAsync(() -> alone(part), WORKERS)));
        try {
            all.get(0).complete(parts.get(0).get());
        } catch (RuntimeException | Error e) {
            all.get(0).completeExceptionally(e);
        }
        NDList made = new NDList();
        all.forEach(part -> part.handle((result, failure) -> result == null || made.add(result)).join());
        try {
            all.forEach(CompletableFuture::join);
            return NDArrays.concat(made);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } finally {
            // made on threads whose arrays no scope of this one closes
            made.forEach(NDArray::close);
        }
    }

    private static NDArray alone(Supplier<NDArray> part) {
        TorchThreads.use(1);
        return Autograd.noGrad(part);
    }
}
