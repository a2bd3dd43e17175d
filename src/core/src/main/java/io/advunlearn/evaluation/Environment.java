package io.advunlearn.evaluation;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.advunlearn.tensor.Devices;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Where something was measured.
 *
 * @param version of AdvUnlearn; {@code development} outside its jar
 * @param java version of the runtime
 * @param engine DJL's engine and its version
 * @param device DJL's name of the device
 * @param processors that the process could use
 * @param peakResidentBytes most memory the process has had in RAM since its start, other work included; {@code null} where the system does not tell
 * @param peakDeviceBytes most memory of the GPU that was in use, see {@link Devices#usedMemory}; {@code null} on a CPU
 */
public record Environment(String version, String java, String engine, String device, int processors, Long peakResidentBytes,
        Long peakDeviceBytes) {

    private static final String POM = "/META-INF/maven/io.advunlearn/advunlearn-core/pom.properties";
    private static final Path STATUS = Path.of("/proc/self/status");

    /** Of this process, now. */
    public static Environment now(Device device) {
        Engine engine = Engine.getInstance();
        return new Environment(productVersion(), Runtime.version().toString(), engine.getEngineName() + " " + engine.getVersion(), device.toString(),
                Runtime.getRuntime().availableProcessors(), peakResident(), Devices.usedMemory(device));
    }

    private static String productVersion() {
        try (InputStream pom = Environment.class.getResourceAsStream(POM)) {
            if (pom == null) {
                return "development";
            }
            Properties properties = new Properties();
            properties.load(pom);
            return properties.getProperty("version", "development");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #peakResidentBytes}, now. */
    public static Long peakResident() {
        return status("VmHWM:");
    }

    /** Memory that the process has in RAM now: the heap, PyTorch's tensors and mapped weights; {@code null} where the system does not tell. */
    public static Long resident() {
        return status("VmRSS:");
    }

    /** Linux: a line in KiB (proc_pid_status(5)), as bytes. */
    private static Long status(String field) {
        try {
            return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith(field)).findFirst()
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).orElse(null);
        } catch (IOException e) {
            return null;
        }
    }
}
