package io.advunlearn.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.cuda.CudaUtils;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The devices PyTorch computes on. */
public final class Devices {

    private static final Pattern GPU = Pattern.compile("gpu(\\d{0,3})");

    private Devices() { }

    /**
     * A device that works: an array was made there. DJL's own {@code Device.fromName} makes of {@code gpu} a device without an index,
     * which no array on it is equal to, and says nothing of a GPU that is not there.
     *
     * @param name {@code cpu}, {@code gpu} (the first one) or {@code gpu<index>}
     * @throws IllegalArgumentException saying what is accepted, or why the GPU cannot be used
     */
    public static Device byName(String name) {
        if ("cpu".equals(name)) {
            return Device.cpu();
        }
        Matcher matcher = GPU.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("device is " + name + "; accepted: cpu, gpu, gpu<index>");
        }
        // Looking for a GPU loads the engine, and only before that its threads can be told.
        TorchThreads.sleepWhenIdle();
        Device device = Device.gpu(matcher.group(1).isEmpty() ? 0 : Integer.parseInt(matcher.group(1)));
        try (NDManager manager = NDManager.newBaseManager(device, "PyTorch"); NDArray probe = manager.zeros(new Shape(1))) {
            return probe.getDevice();
        } catch (EngineException e) {
            throw new IllegalArgumentException("device " + name + " cannot be used: " + reason(e), e);
        }
    }

    /** PyTorch's own message is a list of all its backends. */
    private static String reason(EngineException e) {
        return Engine.getEngine("PyTorch").hasCapability(StandardCapabilities.CUDA) ? String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                : "this PyTorch sees no GPU, or was built for processors only";
    }

    /**
     * Bytes of a GPU's memory that are in use, by all processes; {@code null} for a CPU, or where the CUDA runtime library is not found.
     * PyTorch keeps what it has freed for later, so that of a process alone on its GPU this is the most it has needed so far.
     */
    public static Long usedMemory(Device device) {
        return device.isGpu() && CudaUtils.hasCuda() ? CudaUtils.getGpuMemory(device).getUsed() : null;
    }
}
