package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.AddedConditions;
import io.advunlearn.model.CrossAttentionContext;
import java.util.List;
import java.util.function.Function;

/** The texts of several requests one below the other. They are copied once, not at every step, while the same requests are drawn. */
final class JoinedTexts implements AutoCloseable {

    private final NDManager parent;
    private List<Trajectory> of = List.of();
    private NDManager owner;
    private Trajectory.Texts texts;

    JoinedTexts(NDManager parent) {
        this.parent = parent;
    }

    /** Valid until the next call. */
    Trajectory.Texts of(List<Trajectory> trajectories) {
        if (!trajectories.equals(of)) {
            close();
            owner = parent.newSubManager();
            texts = new Trajectory.Texts(CrossAttentionContext.joined(trajectories.stream().map(one -> one.texts().context()).toList(), owner), added(trajectories));
            of = trajectories;
        }
        return texts;
    }

    private AddedConditions added(List<Trajectory> trajectories) {
        if (trajectories.get(0).texts().added() == null) {
            return null;
        }
        List<AddedConditions> all = trajectories.stream().map(one -> one.texts().added()).toList();
        return new AddedConditions(joined(all, AddedConditions::textEmbeds), joined(all, AddedConditions::timeIds));
    }

    private NDArray joined(List<AddedConditions> all, Function<AddedConditions, NDArray> part) {
        NDArray joined = NDArrays.concat(new NDList(all.stream().map(part).toList()));
        joined.attach(owner);
        return joined;
    }

    @Override
    public void close() {
        of = List.of();
        texts = null;
        if (owner != null) {
            owner.close();
            owner = null;
        }
    }
}
