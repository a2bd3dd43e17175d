package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import io.advunlearn.TestDevice;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.report.ErasureEvents;
import io.advunlearn.report.ErasureReport;
import io.advunlearn.tensor.Devices;
import io.advunlearn.tensor.Tensors;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What work leaves behind in the device's memory. */
@Tag("gpu")
class DeviceMemoryTest {

    /** PyTorch takes memory in pieces of up to this size, and gives back only whole ones. */
    private static final long PIECE = 20L << 20;

    /** Encoders of 4 MB, so that each left behind would be noticed. */
    private static final int SWAPS = 16;

    @TempDir
    Path folder;

    /** Bytes in use when PyTorch has given back what it keeps for later; 0 on a CPU, of which the device's memory is not told. */
    static long used(Device device) {
        if (!device.isGpu()) {
            return 0;
        }
        JniUtils.emptyCudaCache();
        Long bytes = Devices.usedMemory(device);
        assertThat(bytes).as("the CUDA runtime library is needed to tell memory: name its folder with -Djna.library.path").isNotNull();
        return bytes;
    }

    private static int arrays(TextToImagePipeline pipeline) {
        return pipeline.components().unet().weights().asMap().values().iterator().next().getManager().getManagedArrays().size();
    }

    @Test
    void thirtyImagesLeaveNothing() {
        TextToImagePipeline pipeline = Both.device();
        Both.image(pipeline, 0);
        int arrays = arrays(pipeline);
        long before = used(pipeline.components().device());
        for (long seed = 1; seed <= 30; seed++) {
            Both.image(pipeline, seed);
        }
        long after = used(pipeline.components().device());
        Both.print("memory: %d bytes in use before 30 images, %d after", before, after);
        assertThat(arrays(pipeline)).isEqualTo(arrays);
        assertThat(after).isLessThanOrEqualTo(before + PIECE);
    }

    /** Three encoders are in memory from the second swap on: the base, the active and the previous one. */
    @Test
    void swapsLeaveNothing() {
        try (TextToImagePipeline pipeline = Both.load(TestDevice.gpu())) {
            var horse = OtherEncoder.register(folder);
            long before = 0;
            for (int generation = 1; generation <= SWAPS; generation++) {
                // A source of another id is loaded anew.
                pipeline.slot().swap(SwapRequest.of(new ComponentSource("horse-" + generation, horse.directory(), horse.digest(),
                        horse.erasures(), horse.tensorDigests(), horse.referencePrompt(), horse.referenceOutput()), generation));
                before = generation == 2 ? used(pipeline.components().device()) : before;
            }
            long after = used(pipeline.components().device());
            Both.print("memory: %d bytes in use after 2 swaps, %d after %d", before, after, SWAPS);
            assertThat(after).isLessThanOrEqualTo(before + PIECE);
        }
    }

    @Test
    void readingBackLeavesNoCopy() {
        try (NDManager manager = NDManager.newBaseManager(TestDevice.gpu(), "PyTorch")) {
            NDArray array = Tensors.of(manager, new float[] {1, 2, 3}, new Shape(3));
            assertThat(Tensors.floats(array)).containsExactly(1, 2, 3);
            assertThat(Tensors.bytes(array).remaining()).isEqualTo(12);
            assertThat(manager.getManagedArrays()).containsExactly(array);
        }
    }

    @Test
    void anErasuresReportTellsItsPeak() {
        PipelineComponents components = Both.device().components();
        ErasureResult result = SmallErasure.run(Both.device(), "kv", folder, event -> ErasureEvents.append(folder, event));
        var environment = ErasureReport.write(folder, components, SmallErasure.request("kv"), result).environment();
        Both.print("memory: peak of kv: resident %d bytes, device %s bytes", environment.peakResidentBytes(), environment.peakDeviceBytes());
        assertThat(environment.peakDeviceBytes() != null).isEqualTo(components.device().isGpu());
    }
}
