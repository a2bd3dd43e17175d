package io.advunlearn.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TorchThreadsTest {

    private static final String VARIABLE = "OMP_WAIT_POLICY";

    /** Run in a JVM of its own: what native libraries will read from the environment. */
    public static void main(String[] args) {
        TorchThreads.sleepWhenIdle();
        System.out.print(NativeLibrary.getInstance("c").getFunction("getenv").invokeString(new Object[] {VARIABLE}, false));
    }

    private static String policy(String operatorsChoice) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), TorchThreadsTest.class.getName());
        builder.environment().remove(VARIABLE);
        if (operatorsChoice != null) {
            builder.environment().put(VARIABLE, operatorsChoice);
        }
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return printed;
    }

    @Test
    void idleThreadsSleepUnlessTheOperatorSaysOtherwise() throws Exception {
        assertThat(policy(null)).isEqualTo("PASSIVE");
        assertThat(policy("ACTIVE")).isEqualTo("ACTIVE");
    }
}
