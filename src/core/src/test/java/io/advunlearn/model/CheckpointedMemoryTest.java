package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.registry.ChildJvm;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The memory that one gradient of a text takes beside the weights, each in a process of its own, since a peak cannot be taken back. */
@Tag("slow")
class CheckpointedMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESET_PEAK = "5";
    private static final int TEXT_TOKENS = 77;
    private static final int SMALLEST = 8;

    @Test
    void checkpointingHalvesTheMemory() throws Exception {
        assumeTrue(Files.exists(STATUS), "peak memory is read from /proc");
        long recorded = measured("recorded");
        long checkpointed = measured("checkpointed");
        assertThat(recorded).as("kB of activations, enough to measure").isGreaterThan(300_000);
        assertThat(checkpointed).isLessThan(recorded * 6 / 10);
    }

    private static long measured(String way) throws IOException, InterruptedException {
        Process process = ChildJvm.start(CheckpointedMemoryTest.class, BundledModel.directory().resolve("unet").toString(), way, "256");
        String output = new String(process.getInputStream().readAllBytes()).strip();
        assertThat(process.waitFor()).isZero();
        return Long.parseLong(output);
    }

    /** Prints the kB. @param args folder of a UNet, {@code recorded} or {@code checkpointed}, rows of the batch */
    public static void main(String[] args) throws IOException {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            UNet2DConditionModel unet = UNet2DConditionModel.load(Path.of(args[0]), manager, Device.cpu());
            // Loads the kernels.
            differentiate(unet, args[1], 1, SMALLEST, manager);
            Files.writeString(Path.of("/proc/self/clear_refs"), RESET_PEAK);
            long before = peakKilobytes();
            differentiate(unet, args[1], Integer.parseInt(args[2]), unet.sampleSize(), manager);
            System.out.println(peakKilobytes() - before);
        }
    }

    private static void differentiate(UNet2DConditionModel unet, String way, int rows, int size, NDManager owner) {
        try (NDManager scratch = owner.newSubManager()) {
            NDArray sample = new Noise(1).normal(scratch, new Shape(rows, unet.inChannels(), size, size));
            NDArray timesteps = Tensors.of(scratch, new float[rows], new Shape(rows));
            NDArray text = new Noise(2).normal(scratch, new Shape(rows, TEXT_TOKENS, unet.config().crossAttentionDim().get(0)));
            if (way.equals("checkpointed")) {
                new CheckpointedUnet(unet).differentiate(sample, timesteps, text, predicted -> predicted.square().mean());
            } else {
                NDArray leaf = Autograd.leaf(text);
                Autograd.gradients(Autograd.record(() -> unet.forward(sample, timesteps, leaf).square().mean()), List.of(leaf));
            }
        }
    }

    private static long peakKilobytes() throws IOException {
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmHWM:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
