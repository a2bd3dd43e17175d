package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.model.ClipTextModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two text encoders' slots of one pipeline that flip at one moment. */
class JointSwapTest {

    @TempDir
    private Path folder;
    private SlotFixture fixture;
    private EncoderSlot first;
    private ComponentSlot<ClipTextModel> second;

    @BeforeEach
    void open() {
        open(ErasureFloor.NONE, false);
        fixture.register("a1", 1, "church");
        fixture.register("a2", 2, "church");
        fixture.register("b1", 3);
        fixture.register("b2", 4);
    }

    private void open(ErasureFloor floor, boolean enforce) {
        fixture = new SlotFixture(folder, floor, enforce);
        first = fixture.slot;
        second = first.beside(fixture.loader, first.active().network(), () -> "0".repeat(64), true);
    }

    @AfterEach
    void close() {
        second.close();
        fixture.close();
    }

    private JointSwap both(String one, String other) {
        return new JointSwap().put(first, fixture.source(one)).put(second, fixture.source(other));
    }

    private List<SwapResult> swap(long generation, String one, String other) {
        return both(one, other).run(generation, false, () -> generation);
    }

    private List<String> active() {
        return List.of(first.status().encoder(), second.status().encoder());
    }

    @Test
    void bothFlipAsOneGenerationAndGoBackFromMemory() {
        List<SwapResult> results = swap(1, "a1", "a2");
        assertThat(results).extracting(SwapResult::encoder).containsExactly("a1", "a2");
        assertThat(results).extracting(SwapResult::previous).containsExactly("base", "base");
        assertThat(results).extracting(SwapResult::generation).containsExactly(1L, 1L);
        swap(2, "b1", "a2");
        assertThat(fixture.loads()).as("the second encoder stayed in memory").isEqualTo(3);
        assertThat(swap(3, "a1", "a2")).extracting(SwapResult::loadMillis).containsExactly(0.0, 0.0);
        assertThat(active()).containsExactly("a1", "a2");
    }

    @Test
    void ifOneIsRefusedNothingChangesAndNothingStaysInMemory() {
        ComponentSource other = fixture.source("b2");
        ComponentSource forged = new ComponentSource("forged", other.directory(), fixture.source("a2").digest(), List.of(), other.tensorDigests(), null, null);
        JointSwap swap = new JointSwap().put(first, fixture.source("a1")).put(second, forged);
        assertThatThrownBy(() -> swap.run(1, false, () -> 1)).isInstanceOf(SwapException.class).hasMessageContaining("'forged' was refused")
                .hasMessageContaining("SHA-256");
        assertThatThrownBy(() -> both("a1", "a2").run(1, false, () -> {
            throw new IllegalStateException("the disk is full");
        })).hasMessage("the disk is full");
        assertThat(active()).containsExactly("base", "base");
        assertThat(fixture.loads()).isEqualTo(4);
        assertThat(fixture.loadedEncoders()).isZero();
        swap(1, "a1", "a2");
        assertThat(fixture.loadedEncoders()).isEqualTo(2);
    }

    @Test
    void aRehearsalLeavesNothingBehindWhateverComesOfIt() {
        assertThat(both("a1", "a2").rehearse(7, false)).extracting(SwapRehearsal::encoder, SwapRehearsal::generation)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("a1", 7L), org.assertj.core.groups.Tuple.tuple("a2", 7L));
        assertThat(fixture.loads()).isEqualTo(2);
        assertThat(fixture.loadedEncoders()).isZero();
        ComponentSource other = fixture.source("b2");
        ComponentSource forged = new ComponentSource("forged", other.directory(), fixture.source("a2").digest(), List.of(), other.tensorDigests(), null, null);
        assertThatThrownBy(() -> new JointSwap().put(first, fixture.source("a1")).put(second, forged).rehearse(1, false)).isInstanceOf(SwapException.class);
        assertThat(fixture.loadedEncoders()).isZero();
        assertThat(active()).containsExactly("base", "base");
        swap(1, "a1", "a2");
        assertThatThrownBy(() -> both("b1", "b2").rehearse(1, false)).hasMessageContaining("generation 1 is not newer");
    }

    @Test
    void theFloorIsMetByBothTogether() {
        fixture.close();
        open(ErasureFloor.of(List.of("church")), true);
        assertThatThrownBy(() -> swap(1, "a1", "b2")).isInstanceOf(BelowFloorException.class)
                .hasMessage("encoder 'a1' and encoder 'b2' are below the pipeline's floor: not all of them have erased church");
        assertThatThrownBy(first::acquire).isInstanceOf(EncoderUnavailableException.class);
        swap(1, "a1", "a2");
        first.acquire().close();
        assertThatThrownBy(() -> second.swap(SwapRequest.base(2, false))).isInstanceOf(BelowFloorException.class);
        both("b1", "b2").run(2, true, () -> 2);
        assertThat(List.of(first.status().weakened(), second.status().weakened())).containsExactly(true, true);
        swap(3, "a1", "a2");
        assertThat(List.of(first.status().weakened(), second.status().weakened())).containsExactly(false, false);
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() {
        assertThatThrownBy(() -> new JointSwap().put(first, null).put(first, null)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new JointSwap().run(1, false, () -> 1)).isInstanceOf(IllegalArgumentException.class);
        try (SlotFixture other = new SlotFixture(folder.resolve("other"), ErasureFloor.NONE, false)) {
            assertThatThrownBy(() -> new JointSwap().put(first, null).put(other.slot, null)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("slots of one pipeline");
        }
        swap(1, "a1", "a2");
        assertThatThrownBy(() -> swap(1, "b1", "b2")).isInstanceOf(SwapException.class).hasMessageContaining("generation 1 is not newer");
    }

    @Test
    void aSecondSwapIsToldAndChangesNothing() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            both("a1", "a2").run(1, false, () -> {
                Future<?> late = other.submit(() -> swap(1, "b1", "b2"));
                assertThatThrownBy(() -> late.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(SwapInProgressException.class);
                return 1;
            });
            assertThat(active()).containsExactly("a1", "a2");
        } finally {
            other.shutdownNow();
        }
    }

    /** Readers that look all the time against many flips: an encoder is never seen beside one of the other pair. */
    @Test
    void nobodySeesAHalf() throws Exception {
        swap(1, "a1", "a2");
        swap(2, "b1", "b2");
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(2);
        try {
            List<Future<Integer>> running = new ArrayList<>();
            for (int reader = 0; reader < 2; reader++) {
                running.add(readers.submit(() -> {
                    int looks = 0;
                    for (; !stop.get(); looks++) {
                        first.group().atOneMoment(() -> {
                            try (ComponentSlot.Lease<ClipTextModel> one = first.acquire(); ComponentSlot.Lease<ClipTextModel> other = second.acquire()) {
                                assertThat(other.snapshot().id().charAt(0)).isEqualTo(one.snapshot().id().charAt(0));
                                assertThat(other.snapshot().generation()).isEqualTo(one.snapshot().generation());
                            }
                            return null;
                        });
                        LockSupport.parkNanos(10_000);
                    }
                    return looks;
                }));
            }
            for (int generation = 3; generation < 103; generation++) {
                swap(generation, generation % 2 == 0 ? "b1" : "a1", generation % 2 == 0 ? "b2" : "a2");
            }
            stop.set(true);
            for (Future<Integer> reader : running) {
                assertThat(reader.get(30, TimeUnit.SECONDS)).isGreaterThan(100);
            }
            assertThat(fixture.loadedEncoders()).isEqualTo(4);
        } finally {
            stop.set(true);
            readers.shutdownNow();
        }
    }
}
