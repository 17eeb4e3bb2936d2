# Empties a build folder given by O=. Takes away only what the build puts there,
# since a person may have pointed O= at a folder with other things in it.
o=${1:?}
[ -d "$o" ] || exit 0
for f in obj tests corpus peers zig wgdiag wgdiag-engine libpure.a libio.a flags link files; do
	rm -rf "${o:?}/$f"
done
rmdir "$o" 2>/dev/null
exit 0
