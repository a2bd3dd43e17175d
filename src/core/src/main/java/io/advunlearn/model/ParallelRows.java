package io.advunlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.ParallelWork;
import io.advunlearn.tensor.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The rows of a forward without a way back, on several threads at once: a network's rows need each other nowhere. */
final class ParallelRows {

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
    static ParallelRows of(NDArray rows) {
        return Autograd.isRecording() ? null : of((int) rows.getShape().get(0), ParallelWork.atOnce(rows.getDevice()));
    }

    /** Parts whose sizes differ by one row at most; {@code null} if there is but one. */
    static ParallelRows of(int rows, int threads) {
        long[] from = ParallelWork.cut(rows, threads).stream().skip(1).mapToLong(ParallelWork.Range::from).toArray();
        return from.length == 0 ? null : new ParallelRows(from);
    }

    /** @return what {@code whole} gives for all rows */
    NDArray forward(NDArray rows, UnaryOperator<NDArray> whole) {
        try (Scope scope = new Scope()) {
            List<Supplier<NDArray>> parts = new ArrayList<>();
            rows.split(from).forEach(part -> parts.add(() -> whole.apply(part)));
            return scope.keep(joined(parts));
        }
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

    private static NDArray joined(List<Supplier<NDArray>> parts) {
        List<NDArray> made = Collections.synchronizedList(new ArrayList<>());
        try {
            return NDArrays.concat(new NDList(ParallelWork.all(parts.stream().map(part -> (Supplier<NDArray>) () -> {
                NDArray result = part.get();
                made.add(result);
                return result;
            }).toList())));
        } finally {
            // made on threads whose arrays no scope of this one closes
            made.forEach(NDArray::close);
        }
    }
}
