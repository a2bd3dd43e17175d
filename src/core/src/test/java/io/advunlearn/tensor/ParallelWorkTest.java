package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParallelWorkTest {

    @Test
    void rangesDifferByOneItemAtMost() {
        assertThat(ParallelWork.cut(5, 2)).containsExactly(new ParallelWork.Range(0, 2), new ParallelWork.Range(2, 5));
        assertThat(ParallelWork.cut(7, 3)).extracting(ParallelWork.Range::to).containsExactly(2, 4, 7);
        assertThat(ParallelWork.cut(2, 8)).extracting(ParallelWork.Range::indices).containsExactly(new int[] {0}, new int[] {1});
        assertThat(ParallelWork.cut(9, 1)).containsExactly(new ParallelWork.Range(0, 9));
    }

    @Test
    void partsRunAtOnceAndTheirResultsAreInOrder() {
        CyclicBarrier all = new CyclicBarrier(3);
        List<Supplier<Integer>> parts = IntStream.range(0, 3).mapToObj(i -> (Supplier<Integer>) () -> {
            try {
                all.await(1, TimeUnit.MINUTES);
            } catch (Exception e) {
                throw new AssertionError("the parts do not run at once", e);
            }
            return i;
        }).toList();
        assertThat(ParallelWork.all(parts)).containsExactly(0, 1, 2);
    }

    @Test
    void partsRecordIfTheCallerDoes() {
        List<Supplier<Boolean>> parts = List.of(Autograd::isRecording, Autograd::isRecording);
        assertThat(Autograd.record(() -> ParallelWork.all(parts))).containsExactly(true, true);
        assertThat(Autograd.noGrad(() -> ParallelWork.all(parts))).containsExactly(false, false);
    }

    @Test
    void aPartIsNotCutAgain() {
        TorchThreads.use(1);
        int before = ParallelWork.atOnce(Device.cpu());
        List<Supplier<Integer>> parts = List.of(() -> ParallelWork.atOnce(Device.cpu()), () -> ParallelWork.atOnce(Device.cpu()));
        assertThat(ParallelWork.all(parts)).containsExactly(1, 1);
        assertThat(ParallelWork.atOnce(Device.cpu())).isEqualTo(before).isEqualTo(TorchThreads.atOnce());
        assertThat(ParallelWork.atOnce(Device.gpu())).isEqualTo(1);
    }

    @Test
    void aFailureIsTheCallersOnceEveryPartHasEnded() {
        for (int failing : new int[] {0, 1}) {
            AtomicBoolean ended = new AtomicBoolean();
            Supplier<Object> fails = () -> {
                throw new IllegalStateException("no memory");
            };
            Supplier<Object> lasts = () -> {
                try {
                    Thread.sleep(100);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                ended.set(true);
                return "";
            };
            assertThatThrownBy(() -> ParallelWork.all(failing == 0 ? List.of(fails, lasts) : List.of(lasts, fails)))
                    .isInstanceOf(IllegalStateException.class).hasMessage("no memory");
            assertThat(ended).isTrue();
        }
    }
}
