"""What a compiler misses, and the package of Debian and Ubuntu that has it. Knows nothing else."""

import re

# By the name of a header, of a library for the linker, or of a program.
HEADERS = {
    "Python.h": "python3-dev",
    "libpq-fe.h": "libpq-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "libxml/xpath.h": "libxml2-dev",
    "libxml/xmlversion.h": "libxml2-dev",
    "libxslt/xslt.h": "libxslt1-dev",
    "hdf5.h": "libhdf5-dev",
    "netcdf.h": "libnetcdf-dev",
    "ffi.h": "libffi-dev",
    "openssl/opensslv.h": "libssl-dev",
    "openssl/ssl.h": "libssl-dev",
    "openssl/evp.h": "libssl-dev",
    "jpeglib.h": "libjpeg-dev",
    "png.h": "libpng-dev",
    "tiff.h": "libtiff-dev",
    "zlib.h": "zlib1g-dev",
    "bzlib.h": "libbz2-dev",
    "lzma.h": "liblzma-dev",
    "zstd.h": "libzstd-dev",
    "snappy-c.h": "libsnappy-dev",
    "sqlite3.h": "libsqlite3-dev",
    "curl/curl.h": "libcurl4-openssl-dev",
    "graphviz/cgraph.h": "libgraphviz-dev",
    "portaudio.h": "portaudio19-dev",
    "sndfile.h": "libsndfile1-dev",
    "alsa/asoundlib.h": "libasound2-dev",
    "lber.h": "libldap2-dev",
    "ldap.h": "libldap2-dev",
    "sasl/sasl.h": "libsasl2-dev",
    "gssapi/gssapi.h": "libkrb5-dev",
    "krb5.h": "libkrb5-dev",
    "sql.h": "unixodbc-dev",
    "geos_c.h": "libgeos-dev",
    "gdal.h": "libgdal-dev",
    "cpl_conv.h": "libgdal-dev",
    "proj.h": "libproj-dev",
    "spatialindex/capi/sidx_api.h": "libspatialindex-dev",
    "gmp.h": "libgmp-dev",
    "mpfr.h": "libmpfr-dev",
    "mpc.h": "libmpc-dev",
    "fftw3.h": "libfftw3-dev",
    "cblas.h": "libopenblas-dev",
    "gsl/gsl_math.h": "libgsl-dev",
    "mpi.h": "libopenmpi-dev",
    "cairo.h": "libcairo2-dev",
    "ft2build.h": "libfreetype-dev",
    "pcap.h": "libpcap-dev",
    "magic.h": "libmagic-dev",
    "yaml.h": "libyaml-dev",
    "zmq.h": "libzmq3-dev",
    "event.h": "libevent-dev",
    "usb.h": "libusb-dev",
    "libusb.h": "libusb-1.0-0-dev",
    "htslib/hts.h": "libhts-dev",
    "GL/gl.h": "libgl-dev",
    "X11/Xlib.h": "libx11-dev",
    "linux/input.h": "linux-libc-dev",
    "stdio.h": "build-essential",
    "stdlib.h": "build-essential",
    "limits.h": "build-essential",
}
LIBRARIES = {
    "blas": "libblas-dev",
    "lapack": "liblapack-dev",
    "openblas": "libopenblas-dev",
    "z": "zlib1g-dev",
    "ssl": "libssl-dev",
    "crypto": "libssl-dev",
    "pq": "libpq-dev",
    "hdf5": "libhdf5-dev",
    "jpeg": "libjpeg-dev",
    "xml2": "libxml2-dev",
    "xslt": "libxslt1-dev",
    "ffi": "libffi-dev",
    "cairo": "libcairo2-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "sqlite3": "libsqlite3-dev",
    "gfortran": "gfortran",
    "GL": "libgl-dev",
    "gomp": "build-essential",
}
PROGRAMS = {
    "gcc": "build-essential",
    "cc": "build-essential",
    "g++": "build-essential",
    "c++": "build-essential",
    "clang": "clang",
    "make": "make",
    "cmake": "cmake",
    "ninja": "ninja-build",
    "meson": "meson",
    "gfortran": "gfortran",
    "rustc": "rustc",
    "cargo": "cargo",
    "swig": "swig",
    "go": "golang",
    "java": "default-jdk",
    "javac": "default-jdk",
    "nvcc": "nvidia-cuda-toolkit",
    "pkg-config": "pkg-config",
    "pg_config": "libpq-dev",
    "mysql_config": "default-libmysqlclient-dev",
    "curl-config": "libcurl4-openssl-dev",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
    "gdal-config": "gdal-bin libgdal-dev",
    "geos-config": "libgeos-dev",
    "krb5-config": "libkrb5-dev",
    "nc-config": "libnetcdf-dev",
    "llvm-config": "llvm-dev",
    "mpicc": "libopenmpi-dev",
    "h5cc": "libhdf5-dev",
    "autoreconf": "autoconf automake libtool",
    "git": "git",
}
COMPILERS = re.compile(r"(?:\w+-linux-gnu-)?(gcc|g\+\+|cc|c\+\+)(?:-\d+)?")
HEADER = re.compile(
    r"fatal error: ([\w./+-]+\.h(?:pp|xx)?): No such file or directory"
    r"|fatal error: '([\w./+-]+)' file not found"
)
LIBRARY = re.compile(r"cannot find -l([\w.+-]+)")
PROGRAM = re.compile(
    r"No such file or directory: '([\w.+-]+)'|unable to execute '([\w.+-]+)'"
    r"|command '([\w.+-]+)' failed: No such file"
    r"|([\w.+-]+): (?:command )?not found\b|Could not run (curl-config)|\b(pg_config) executable not found"
    r"|Unknown compiler\(s\): \[\['([\w.+-]+)'"
)
# What tools say in words of their own: (pattern, what is missing, package).
SAID = (
    (r"libxml2 and libxslt development packages", "libxml2 and libxslt", "libxml2-dev libxslt1-dev"),
    (
        r"Can not find valid pkg-config name[\s\S]*MYSQLCLIENT_CFLAGS",
        "the MySQL client library",
        "default-libmysqlclient-dev pkg-config",
    ),
    (r"No CMAKE_Fortran_COMPILER could be found", "a Fortran compiler", "gfortran"),
    (
        r"No CMAKE_CX*X*_COMPILER could be found|Unable to find a (?:C|compatible) compiler",
        "a compiler",
        "build-essential",
    ),
    (
        r"Could not find (?:CMake|cmake) with version|CMake must be installed|Did you install CMake",
        "CMake",
        "cmake",
    ),
    (
        r"can't find Rust compiler|Cargo, the Rust package manager, is not installed|requires? (?:a )?Rust",
        "Rust",
        "rustc cargo",
    ),
    (r"headers or library files could not be found for jpeg", "the JPEG library", "libjpeg-dev zlib1g-dev"),
    (r"headers or library files could not be found for zlib", "zlib", "zlib1g-dev"),
    (r"Unable to locate HDF5|HDF5_DIR|libhdf5\.so: cannot open", "HDF5", "libhdf5-dev"),
)
# What is named by pkg-config, CMake or meson.
DEPENDENCY = re.compile(
    r"Dependency \"([\w.+-]+)\" not found|No package '([\w.+-]+)' found"
    r"|Package ([\w.+-]+) was not found in the pkg-config"
    r"|Could NOT find ([\w.+-]+) \(missing"
)
DEPENDENCIES = {
    "cairo": "libcairo2-dev",
    "glib-2.0": "libglib2.0-dev",
    "gobject-introspection-1.0": "libgirepository1.0-dev",
    "girepository-2.0": "libgirepository-2.0-dev",
    "dbus-1": "libdbus-1-dev",
    "openblas": "libopenblas-dev",
    "blas": "libblas-dev",
    "lapack": "liblapack-dev",
    "hdf5": "libhdf5-dev",
    "libxml-2.0": "libxml2-dev",
    "libffi": "libffi-dev",
    "zlib": "zlib1g-dev",
    "libcurl": "libcurl4-openssl-dev",
    "openssl": "libssl-dev",
    "freetype2": "libfreetype-dev",
    "libpq": "libpq-dev",
    "libavformat": "libavformat-dev",
    "eigen3": "libeigen3-dev",
    "PROJ": "libproj-dev",
    "proj": "libproj-dev",
    "OpenSSL": "libssl-dev",
    "ZLIB": "zlib1g-dev",
    "HDF5": "libhdf5-dev",
    "Boost": "libboost-all-dev",
    "BLAS": "libblas-dev",
    "LAPACK": "liblapack-dev",
    "PkgConfig": "pkg-config",
    "libavdevice": "libavdevice-dev",
    "pangocairo": "libpango1.0-dev",
    "systemd": "libsystemd-dev",
}


def missing(output: str) -> tuple[str, str] | None:
    """(what a build missed, the Debian packages that have it or nothing where they are not known)."""
    for said, what, package in SAID:
        if re.search(said, output):
            return what, package
    for pattern, table, form in (
        (HEADER, HEADERS, "the header {}"),
        (LIBRARY, LIBRARIES, "the library {}"),
        (DEPENDENCY, DEPENDENCIES, "the library {}"),
    ):
        found = pattern.search(output)
        if found is not None:
            name = next(group for group in found.groups() if group)
            return form.format(name), table.get(name, "")
    for found in PROGRAM.finditer(output):
        name = next(group for group in found.groups() if group)
        compiler = COMPILERS.fullmatch(name)
        name = name if compiler is None else compiler[1]
        if name in PROGRAMS:
            return f"the program {name}", PROGRAMS[name]
    return None
